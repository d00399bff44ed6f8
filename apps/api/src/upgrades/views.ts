import type { IstioFact } from '@isthmus/contracts';
import { intentState } from '@isthmus/federation';
import { IsthmusError, messageOf } from '@isthmus/kernel';
import {
  type Channel,
  type Charts,
  channels,
  type IstioKnowledge,
  type IstioStanding,
  type UpgradePolicy as Policy,
  type UpgradeSettings as Settings,
  targetOf,
  type UpgradeClusterView,
  type UpgradeEventView,
  type UpgradeView,
} from '@isthmus/upgrades';
import type { Istio, IstioVersion, UpgradeChannelName } from './istio.types.js';
import type {
  ChartDigest,
  FreezeInput,
  MaintenanceWindowInput,
  UpgradeChartsInput,
  UpgradeCluster,
  UpgradeEvent,
  UpgradeNode,
  UpgradePolicy,
  UpgradePolicyInput,
  UpgradeSettings,
  UpgradeSourceName,
} from './types.js';

export function toUpgrade({ source, policy, createdBy, ...view }: UpgradeView): UpgradeNode {
  return {
    ...view,
    source: source.toUpperCase() as UpgradeSourceName,
    policy: toPolicy(policy),
    createdBy: personOf(createdBy),
  };
}

export function toUpgradeCluster({ hops, ...view }: UpgradeClusterView): UpgradeCluster {
  return {
    ...view,
    hops: hops.map(({ from, to }) => ({ from: from?.version ?? null, to: to.version })),
  };
}

export function toEvent({ actor, ...view }: UpgradeEventView): UpgradeEvent {
  return { ...view, actor: actor === null ? null : personOf(actor) };
}

/** What channels do, nobody does. */
function personOf(author: string): string | null {
  return (channels as readonly string[]).includes(author) ? null : author;
}

export function toSettings(settings: Settings): UpgradeSettings {
  const { windows, freezes, policy, charts, agent } = settings;
  return {
    ...settings,
    windows: windows.map((window) => ({
      ...window,
      clusterSelector: window.clusterSelector ?? null,
    })),
    freezes: freezes.map((freeze) => ({
      ...freeze,
      clusterSelector: freeze.clusterSelector ?? null,
    })),
    policy: toPolicy(policy),
    charts: {
      repository: charts.repository,
      digests: toDigests(charts.digests),
      values: JSON.stringify(charts.values),
    },
    agent: agent && { version: agent.version, digest: agent.digest || null },
  };
}

function toPolicy({ waves, ...policy }: Policy): UpgradePolicy {
  return {
    ...policy,
    waves: waves.map(({ clusterSelector, percent, each }) => ({
      clusterSelector: clusterSelector ?? null,
      percent: percent ?? null,
      each: each ?? null,
    })),
  };
}

function toDigests(digests: Charts['digests']): ChartDigest[] {
  return Object.entries(digests).map(([name, sha256]) => {
    const end = name.indexOf('-');
    return { chart: name.slice(0, end), version: name.slice(end + 1), sha256 };
  });
}

/** @param own of the mesh: what the input does not say. */
export function fromPolicy(input: UpgradePolicyInput, own: Policy): Policy {
  return {
    waves:
      input.waves?.map(({ clusterSelector, percent, each }) => ({
        clusterSelector: clusterSelector ?? undefined,
        percent: percent ?? undefined,
        each: each ?? undefined,
      })) ?? own.waves,
    canaryNamespaces: input.canaryNamespaces ?? own.canaryNamespaces,
    soakSeconds: input.soakSeconds ?? own.soakSeconds,
    timeoutSeconds: input.timeoutSeconds ?? own.timeoutSeconds,
    graceSeconds: input.graceSeconds ?? own.graceSeconds,
    maxRestarting: input.maxRestarting ?? own.maxRestarting,
  };
}

export function fromWindows(
  windows: readonly MaintenanceWindowInput[] | null | undefined,
): Settings['windows'] | undefined {
  return windows?.map((window) => ({
    ...window,
    clusterSelector: window.clusterSelector ?? undefined,
  }));
}

export function fromFreezes(
  freezes: readonly FreezeInput[] | null | undefined,
): Settings['freezes'] | undefined {
  return freezes?.map((freeze) => ({
    ...freeze,
    clusterSelector: freeze.clusterSelector ?? undefined,
  }));
}

/** @param own of the mesh: what the input does not say. @throws INVALID_ARGUMENT */
export function fromCharts(input: UpgradeChartsInput, own: Charts): Charts {
  const { repository, digests, values } = input;
  return {
    repository: repository ?? own.repository,
    digests: digests ? fromDigests(digests) : own.digests,
    values: typeof values === 'string' ? readValues(values) : own.values,
  };
}

function fromDigests(digests: readonly ChartDigest[]): Charts['digests'] {
  const byName = new Map(
    digests.map(({ chart, version, sha256 }) => [`${chart}-${version}`, sha256]),
  );
  if (byName.size < digests.length) {
    const message = 'charts.digests name a version of a chart twice; say it once';
    throw new IsthmusError('INVALID_ARGUMENT', message, { field: 'charts.digests' });
  }
  return Object.fromEntries(byName);
}

function readValues(text: string): Charts['values'] {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (error) {
    const message = `charts.values cannot be read as JSON: ${messageOf(error)}`;
    throw new IsthmusError('INVALID_ARGUMENT', message, { field: 'charts.values' });
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    const message = 'charts.values must be an object of JSON, such as {"pilot": {}}';
    throw new IsthmusError('INVALID_ARGUMENT', message, { field: 'charts.values' });
  }
  return values as Charts['values'];
}

/** @returns null: its agent has not told. */
export function toIstio({ istio, channel }: IstioStanding): Istio | null {
  if (!istio) return null;
  const { revisions, tags, namespaces, tasks, crdVersion, settled } = istio;
  return {
    listed: namespaces,
    revisions: revisions.map(({ managed, ...revision }) => ({ ...revision, isManaged: managed })),
    tags: tags.map(({ managed, ...tag }) => ({ ...tag, isManaged: managed })),
    tasks: tasks.map(({ state, ...task }) => ({ ...task, state: intentState(state) })),
    crdVersion: crdVersion || null,
    isSettled: settled,
    isManaged: isManaged(istio),
    channel: channel && toChannel(channel),
  };
}

function isManaged({ revisions }: IstioFact): boolean {
  return revisions.length > 0 && revisions.every(({ managed }) => managed);
}

export function toChannel(channel: Channel): UpgradeChannelName {
  return channel.toUpperCase() as UpgradeChannelName;
}

/** All that are known, the newest first, with the channels that lead to each at this time. */
export function toVersions(knowledge: IstioKnowledge, now: Date): IstioVersion[] {
  const known = Object.entries(knowledge.minors)
    .flatMap(([minor, of]) => of.patches.map((patch) => ({ minor, of, patch })))
    .sort((a, b) => b.patch.version.localeCompare(a.patch.version, 'en', { numeric: true }));
  const targets = channels.map((channel) => ({
    channel: toChannel(channel),
    version: targetOf(channel, knowledge, now),
  }));
  return known.map(({ minor, of, patch: { version, released, verified } }) => ({
    version,
    minor,
    released: released ?? null,
    endOfLife: of.endOfLife ?? null,
    isVerified: of.verified && verified,
    channels: targets.filter((target) => target.version === version).map(({ channel }) => channel),
  }));
}
