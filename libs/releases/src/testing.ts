import {
  ClusterFact,
  ConfigurationObjectFact,
  DriftFact,
  type FactName,
  IntentStatusFact,
  Intents,
  ReleaseStatusFact,
  State,
} from '@isthmus/contracts';
import { type IsthmusError, newId } from '@isthmus/kernel';
import { advanceMesh, type Database, type Transaction } from '@isthmus/platform';
import { versionOf } from '@isthmus/sync';
import type { Actor, Role } from '@isthmus/tenancy';
import { BundleCompiler } from './bundle-compiler.js';
import { ConfigurationSource, projectConfiguration } from './configuration-source.js';
import { ReleaseContents } from './contents.js';
import { DriftService } from './drift.js';
import { InventoryService } from './inventories.js';
import { ConfigurationSettingsService } from './mesh-settings.js';
import type { SourceFile } from './objects.js';
import { PreviewService } from './previews.js';
import { ReleaseService, type ReleaseView } from './releases.js';
import { RolloutDriver } from './rollout-driver.js';
import type { RolloutPolicy } from './rollout-plan.js';
import { loadClusters } from './rollout-progress.js';
import { RolloutService } from './rollouts.js';

/** One wave for each cluster, and nothing to wait for but the clusters. */
export const oneByOne: RolloutPolicy = {
  waves: [{ each: 'CLUSTER' }],
  gate: { soakSeconds: 0, timeoutSeconds: 600, maxRefusedPercent: 0 },
};

/** A tenant with one mesh, the services, and agents that say what a spec has them say. */
export class TestMesh {
  readonly organizationId = newId('organization');
  readonly meshId = newId('mesh');
  readonly source = new ConfigurationSource(new ReleaseContents());
  readonly releases: ReleaseService;
  readonly rollouts: RolloutService;
  readonly settings: ConfigurationSettingsService;
  readonly drift: DriftService;
  readonly inventories: InventoryService;
  readonly previews: PreviewService;

  private constructor(readonly database: Database) {
    this.releases = new ReleaseService(database, new BundleCompiler());
    this.rollouts = new RolloutService(database, this.source);
    this.settings = new ConfigurationSettingsService(database);
    this.drift = new DriftService(database, this.source, this.releases);
    this.inventories = new InventoryService(database, this.releases);
    this.previews = new PreviewService(database, this.source, new ReleaseContents());
  }

  static async create(database: Database): Promise<TestMesh> {
    const test = new TestMesh(database);
    const { organizationId, meshId } = test;
    await test.read(async (tx) => {
      await tx.mesh.create({
        data: { id: meshId, organizationId, name: 'prod', trustDomain: 'mesh.example' },
      });
      await tx.meshClock.create({ data: { meshId, organizationId } });
    });
    return test;
  }

  actor(role: Role = 'operator', namespaces?: readonly string[]): Actor {
    const { organizationId } = this;
    return { organizationId, kind: 'user', id: 'user_1', role, ...(namespaces && { namespaces }) };
  }

  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.withOrganization(this.organizationId, work);
  }

  /** Changes the mesh behind the services' back. */
  change<T>(work: (tx: Transaction, revision: bigint) => Promise<T>): Promise<T> {
    return this.read(async (tx) => work(tx, await advanceMesh(tx, this.meshId, 'settings')));
  }

  /** A cluster in contact. @returns its id. */
  async cluster(name: string, labels: Record<string, string> = {}): Promise<string> {
    const { organizationId, meshId } = this;
    const id = newId('cluster');
    const now = new Date();
    const contact = { connectedAt: now, lastContactAt: now };
    const place = { network: `net-${name}`, locality: 'eu/a', cidrs: [], labels };
    await this.change((tx) =>
      tx.cluster.create({ data: { id, organizationId, meshId, name, ...place, ...contact } }),
    );
    const fact = { kubernetesVersion: 'v1.36.1', istioVersions: ['1.30.1'] };
    await this.fact(id, 'Cluster', 'cluster', ClusterFact.encode(ClusterFact.fromPartial(fact)));
    return id;
  }

  async fact(
    clusterId: string,
    type: FactName,
    name: string,
    message: { finish(): Uint8Array },
  ): Promise<void> {
    const { organizationId, meshId } = this;
    const body = Buffer.from(message.finish());
    await this.change(async (tx, revision) => {
      const data = { version: versionOf(body), body, revision, withdrawnAt: null };
      await tx.fact.upsert({
        where: { clusterId_type_name: { clusterId, type, name } },
        create: { clusterId, type, name, organizationId, meshId, since: revision, ...data },
        update: data,
      });
    });
  }

  /** What a cluster is sent now. */
  async intents(clusterId: string) {
    return this.read(async (tx) => {
      const settings = await this.source.settings(tx, this.meshId);
      const cluster = (await loadClusters(tx, this.meshId)).find(({ id }) => id === clusterId);
      if (!cluster) throw new Error(`no cluster ${clusterId}`);
      return projectConfiguration(settings, cluster);
    });
  }

  /** Has an agent say that it has written what it was sent, but for an object that is refused. */
  async stores(clusterId: string, refused?: string): Promise<void> {
    const { release, objects, fence, digest } = await this.intents(clusterId);
    const bad = refused === undefined ? 0 : 1;
    const status = ReleaseStatusFact.fromPartial({
      number: release ? Intents.Release.decode(release).number : 0,
      fence: Number(fence),
      digest,
      objects: objects.size,
      stored: objects.size - bad,
      refused: bad,
      problems: bad
        ? [
            {
              object: refused,
              stored: State.STATE_REFUSED,
              reason: 'Denied',
              message: 'by a webhook',
            },
          ]
        : [],
    });
    await this.fact(clusterId, 'ReleaseStatus', 'release', ReleaseStatusFact.encode(status));
  }

  /** Has an agent answer what it is to try. */
  async tries(clusterId: string, refused?: string): Promise<void> {
    const { trials } = await this.intents(clusterId);
    for (const [name, body] of trials) {
      const isRefused = name === refused;
      const status = IntentStatusFact.fromPartial({
        intentVersion: versionOf(body),
        stored: isRefused ? State.STATE_REFUSED : State.STATE_YES,
        ...(isRefused ? { reason: 'Invalid', message: 'spec.hosts: Required value' } : {}),
      });
      const fact = `${Intents.Trial.name}/${name}`;
      await this.fact(clusterId, 'IntentStatus', fact, IntentStatusFact.encode(status));
    }
  }

  /** Has an agent tell that somebody changed an object, or deleted it. */
  async drifts(clusterId: string, name: string, found?: object, fields: Partial<DriftFact> = {}) {
    const { objects } = await this.intents(clusterId);
    const fact = DriftFact.fromPartial({
      change: found ? 'edited' : 'deleted',
      managers: found ? ['kubectl-edit'] : [],
      at: 1_790_000_000,
      outcome: 'tolerated',
      intentVersion: objects.get(name)?.version ?? '',
      manifest: Buffer.from(found ? JSON.stringify(found) : ''),
      count: 1,
      ...fields,
    });
    await this.fact(clusterId, 'Drift', name, DriftFact.encode(fact));
  }

  /** Has an agent tell of a VirtualService that is nobody's of ours. */
  async has(clusterId: string, namespace: string, name: string, hosts = [name]): Promise<void> {
    const { spec } = virtualService(name, namespace, hosts);
    const fact = ConfigurationObjectFact.fromPartial({
      ...{ group: 'networking.istio.io', version: 'v1', kind: 'VirtualService', namespace, name },
      manifest: Buffer.from(JSON.stringify({ spec })),
      managers: ['kubectl'],
    });
    const id = nameOf(name, namespace);
    await this.fact(clusterId, 'ConfigurationObject', id, ConfigurationObjectFact.encode(fact));
  }

  async withdraw(clusterId: string, type: FactName): Promise<void> {
    await this.change((tx) =>
      tx.fact.updateMany({ where: { clusterId, type }, data: { withdrawnAt: new Date() } }),
    );
  }

  /** A worker of its own, as another process would have one. */
  driver(): RolloutDriver {
    return new RolloutDriver(this.database, new ConfigurationSource(new ReleaseContents()));
  }

  advance(): Promise<Date | undefined> {
    return this.driver().advance(this.organizationId, this.meshId);
  }

  /** Releases files, as an operator. */
  async release(...files: SourceFile[]): Promise<ReleaseView> {
    const { meshId } = this;
    const bundle = { meshId, files, message: 'a release' };
    return (await this.releases.create(this.actor('admin'), bundle)).release;
  }

  /** Takes a release through all clusters, which take it as it is. */
  async rollOut(releaseId: string): Promise<void> {
    const { meshId } = this;
    const input = { meshId, releaseId, policy: oneByOne };
    const rollout = await this.rollouts.start(this.actor(), input);
    if (!rollout) return;
    await this.finish(rollout.id);
  }

  /** Has all clusters take whatever comes, until a rollout is through. */
  async finish(id: string): Promise<void> {
    const clusters = await this.read((tx) =>
      tx.cluster.findMany({ where: { meshId: this.meshId, removedAt: null } }),
    );
    for (let round = 0; round < 20; round += 1) {
      await this.advance();
      const { state } = await this.rollouts.get(this.actor(), id);
      if (state === 'COMPLETED') return;
      for (const cluster of clusters) {
        await this.tries(cluster.id);
        await this.stores(cluster.id);
      }
    }
    throw new Error(`the rollout does not come to its end: ${id}`);
  }

  /** Numbers of the releases that clusters have rows of, by cluster id. */
  async runs(): Promise<Record<string, number>> {
    return this.read(async (tx) => {
      const rows = await tx.clusterRelease.findMany({ where: { meshId: this.meshId } });
      const releases = await tx.release.findMany({ where: { meshId: this.meshId } });
      const numbers = new Map(releases.map(({ id, number }) => [id, number]));
      return Object.fromEntries(
        rows.map(({ clusterId, releaseId }) => [clusterId, numbers.get(releaseId) ?? 0]),
      );
    });
  }
}

export function nameOf(name: string, namespace = 'shop', kind = 'VirtualService'): string {
  return `${kind}.networking.istio.io/${namespace}/${name}`;
}

export function virtualService(name: string, namespace = 'shop', hosts = [name], timeout = '2s') {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace } as Record<string, unknown>,
    spec: {
      hosts,
      http: [
        { route: [{ destination: { host: `${name}.${namespace}.svc.cluster.local` } }], timeout },
      ],
    },
  };
}

/** A file with a VirtualService, unless it is said what is in it. */
export function file(path: string, ...documents: object[]): SourceFile {
  const [, name = ''] = /([^/]+)\.yaml$/.exec(path) ?? [];
  const all = documents.length > 0 ? documents : [virtualService(name)];
  return { path, content: all.map((document) => `${JSON.stringify(document)}\n`).join('---\n') };
}

export function override(name: string, selector: string, target: string, patch: unknown): object {
  const [, kind, group, namespace, of] = /^(\w+)\.(.+?)\/(.+)\/(.+)$/.exec(target) ?? [];
  return {
    apiVersion: 'isthmus.dev/v1alpha1',
    kind: 'ClusterOverride',
    metadata: { name },
    spec: { clusterSelector: selector, target: { group, kind, namespace, name: of }, patch },
  };
}

export function envoyFilter(name: string, namespace = 'shop'): object {
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name, namespace },
    spec: {
      configPatches: [
        {
          applyTo: 'HTTP_FILTER',
          match: { context: 'SIDECAR_INBOUND' },
          patch: { operation: 'INSERT_BEFORE', value: { name: 'x' } },
        },
      ],
    },
  };
}

export async function errorOf(work: Promise<unknown>): Promise<IsthmusError> {
  return work.then(
    () => {
      throw new Error('it was done');
    },
    (error: unknown) => error as IsthmusError,
  );
}
