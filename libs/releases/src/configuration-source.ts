import { Intents } from '@isthmus/contracts';
import { IsthmusError } from '@isthmus/kernel';
import type { Transaction } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import { type SelectableCluster, selectableLabels } from './clusters.js';
import {
  type CompiledRelease,
  changedIn,
  noRelease,
  toIntent,
  type Variant,
} from './compiled-release.js';
import { ReleaseContents } from './contents.js';
import type { RolloutPlan } from './rollout-plan.js';

/** What a mesh's clusters are to run. */
export interface ConfigurationSettings {
  /** "revert" or "tolerate", as agents know it. */
  readonly drift: string;
  /** Of clusters without a row of their own; undefined before the first rollout is completed. */
  readonly current: ClusterConfiguration | undefined;
  /** By cluster id. */
  readonly clusters: ReadonlyMap<string, ClusterConfiguration>;
  /** Releases under trial, by the id of the cluster that tries them. */
  readonly trials: ReadonlyMap<string, ClusterConfiguration>;
  /** Ids of requests, by cluster id. */
  readonly inventories: ReadonlyMap<string, string>;
}

interface ClusterConfiguration {
  readonly release: CompiledRelease;
  readonly fence: bigint;
}

/** What configuration wants of one cluster: bodies by intent name, and the objects as prepared. */
export interface ConfigurationIntents {
  /** Changes when any of the rest does. */
  readonly key: string;
  /** Of the release, 0 without one; and the digest of its objects. */
  readonly fence: bigint;
  readonly digest: string;
  readonly release: Uint8Array | undefined;
  readonly objects: Variant['resources'];
  readonly trials: ReadonlyMap<string, Uint8Array>;
  readonly inventory: Uint8Array | undefined;
}

/** Where a mesh's configuration comes from, for those who send it and those who judge it. */
@Injectable()
export class ConfigurationSource {
  constructor(@Inject(ReleaseContents) private readonly contents: ReleaseContents) {}

  /** @param tx that sees the mesh's organization. */
  async settings(tx: Transaction, meshId: string): Promise<ConfigurationSettings> {
    const mesh = await tx.meshConfiguration.findUnique({ where: { meshId } });
    const rows = await tx.clusterRelease.findMany({ where: { meshId } });
    const trial = await tx.rollout.findFirst({
      where: { meshId, state: { in: ['RUNNING', 'PAUSED'] }, stage: 'trial' },
      select: { releaseId: true, fence: true, plan: true },
    });
    const asked = await tx.cluster.findMany({
      where: { meshId, inventoryRequest: { not: null } },
      select: { id: true, inventoryRequest: true },
    });
    const ids = [
      ...rows.map(({ releaseId }) => releaseId),
      ...(mesh?.currentReleaseId ? [mesh.currentReleaseId] : []),
      ...(trial ? [trial.releaseId] : []),
    ];
    const releases = await this.contents.load(tx, ids);
    const at = (releaseId: string, fence: bigint): ClusterConfiguration => {
      const release = releases.get(releaseId);
      // Whoever took it for an empty one would have its clusters delete all they have.
      if (!release) throw new IsthmusError('INTERNAL', `the content of ${releaseId} is missing`);
      return { release, fence };
    };
    const plan = trial?.plan as unknown as RolloutPlan | null;
    return {
      drift: mesh?.driftPolicy === 'revert' ? 'revert' : 'tolerate',
      current: mesh?.currentReleaseId ? at(mesh.currentReleaseId, 0n) : undefined,
      clusters: new Map(rows.map((row) => [row.clusterId, at(row.releaseId, row.fence)])),
      trials: new Map(
        trial && plan ? plan.trial.map((id) => [id, at(trial.releaseId, trial.fence)]) : [],
      ),
      inventories: new Map(asked.map((row) => [row.id, row.inventoryRequest ?? ''])),
    };
  }
}

/** What a cluster is to run: its own row's release, or else the mesh's. */
export function configurationOf(
  settings: ConfigurationSettings,
  clusterId: string,
): ClusterConfiguration | undefined {
  return settings.clusters.get(clusterId) ?? settings.current;
}

/** From settings to the intents of one cluster. Pure. */
export function projectConfiguration(
  settings: ConfigurationSettings,
  cluster: SelectableCluster & { readonly id: string },
): ConfigurationIntents {
  const labels = selectableLabels(cluster);
  const own = configurationOf(settings, cluster.id);
  const variant = (own?.release ?? noRelease).variantFor(labels);
  const trial = settings.trials.get(cluster.id);
  const request = settings.inventories.get(cluster.id);
  return {
    key: [
      own?.release.id,
      own?.fence,
      variant.digest,
      settings.drift,
      trial?.release.id,
      trial?.fence,
      request,
    ].join(' '),
    fence: own?.fence ?? 0n,
    digest: variant.digest,
    release:
      own &&
      Intents.Release.encode({
        number: own.release.number,
        fence: Number(own.fence),
        digest: variant.digest,
        objects: variant.resources.size,
        drift: settings.drift,
      }),
    objects: variant.resources,
    trials: trial ? trialsOf(trial, labels, variant) : noTrials,
    inventory: request === undefined ? undefined : Intents.Inventory.encode({ request }),
  };
}

const noTrials: ReadonlyMap<string, Uint8Array> = new Map();
/** Of each variant, the trials that were encoded last: the hub and the worker ask again and again. */
const encodedTrials = new WeakMap<
  Variant,
  { readonly of: string; readonly bodies: ReadonlyMap<string, Uint8Array> }
>();

/** What of a release a cluster has not got yet, to be tried there; by the name of the object. */
function trialsOf(
  { release, fence }: ClusterConfiguration,
  labels: Readonly<Record<string, string>>,
  before: Variant,
): ReadonlyMap<string, Uint8Array> {
  const variant = release.variantFor(labels);
  const of = `${fence} ${before.digest}`;
  const known = encodedTrials.get(variant);
  if (known?.of === of) return known.bodies;
  const bodies = new Map(
    [...changedIn(variant, before)].map(([name, object]): [string, Uint8Array] => {
      const body = { fence: Number(fence), object: toIntent(object) };
      return [name, Intents.Trial.encode(body)];
    }),
  );
  encodedTrials.set(variant, { of, bodies });
  return bodies;
}
