import { planWaves } from '@isthmus/releases';
import { estimate } from './estimate.js';
import { ConfigurationJudge } from './findings/configuration.js';
import { finding } from './findings/finding.js';
import { kubernetesFindings, readinessFindings } from './findings/platform.js';
import { proxyFindings } from './findings/proxies.js';
import { type Standing, standingOf } from './findings/standing.js';
import { canaryFindings, versionFindings } from './findings/versions.js';
import type { IstioKnowledge } from './knowledge.js';
import {
  type Charts,
  type Hop,
  severities,
  type UpgradeFinding,
  type UpgradePolicy,
} from './model.js';
import type { PlannedCluster } from './planned-cluster.js';
import { assertKnownVersion } from './versions.js';

export type { PlannedCluster, ReleasedObject } from './planned-cluster.js';

export interface PlanInput {
  readonly clusters: readonly PlannedCluster[];
  readonly toVersion: string;
  readonly knowledge: IstioKnowledge;
  readonly policy: UpgradePolicy;
  readonly charts: Charts;
  readonly maxInFlight: number;
  /** `preflight`: right before it begins, so that what keeps it from beginning now blocks. */
  readonly phase: 'plan' | 'preflight';
  readonly now: Date;
}

export interface UpgradePlan {
  /** By the ids of all clusters; empty where there is no way, or none to go. */
  readonly hops: ReadonlyMap<string, readonly Hop[]>;
  /** Ids of the clusters that have hops and that nothing blocks. */
  readonly waves: readonly (readonly string[])[];
  /** The most severe first; at most `mostFindings`. */
  readonly findings: readonly UpgradeFinding[];
  /** By the ids of the clusters that something blocks, of them or of the mesh: the codes; never cut short. */
  readonly blocked: ReadonlyMap<string, readonly string[]>;
  /** As `estimate` has it. */
  readonly seconds: number;
}

const mostFindings = 5_000;

/**
 * What an upgrade would do, and what stands in its way. Pure.
 *
 * @throws UPGRADE_VERSION_INVALID, UPGRADE_VERSION_UNKNOWN for a target that is no version, or not known
 */
export function planUpgrade(input: PlanInput): UpgradePlan {
  const { clusters, toVersion, knowledge, policy, charts, phase, now } = input;
  assertKnownVersion(toVersion, knowledge);
  const judge = new ConfigurationJudge(knowledge);
  const standings = clusters.map((cluster) => standingOf(cluster, toVersion, knowledge));
  const going = standings.filter(({ hops }) => hops.length > 0);
  const kinds = new Set(going.flatMap(({ cluster }) => [...judge.kindsOf(cluster.configuration)]));
  const namespaces = new Set(
    standings.flatMap(({ cluster }) => cluster.istio?.namespaces.map(({ name }) => name) ?? []),
  );
  const findings = [
    ...standings.flatMap((standing) => standing.findings),
    ...going.flatMap((standing) => clusterFindings(standing, knowledge, judge, phase)),
    ...objectFindings(going, judge),
    ...versionFindings(
      toVersion,
      going.map(({ hops }) => hops),
      kinds,
      charts,
      knowledge,
      now,
    ),
    ...canaryFindings(policy.canaryNamespaces, namespaces),
  ];
  const blocked = blockedBy(findings, going);
  const free = going.filter(({ cluster }) => !blocked.has(cluster.id));
  const { soakSeconds, timeoutSeconds } = policy;
  const waves = planWaves(
    { waves: policy.waves, gate: { soakSeconds, timeoutSeconds, maxRefusedPercent: 0 } },
    free.map(({ cluster }) => cluster),
  );
  return {
    hops: new Map(standings.map(({ cluster, hops }) => [cluster.id, hops])),
    waves,
    findings: mostSevere(findings),
    blocked,
    seconds: secondsOf(input, waves, free),
  };
}

function clusterFindings(
  { cluster, hops }: Standing,
  knowledge: IstioKnowledge,
  judge: ConfigurationJudge,
  phase: PlanInput['phase'],
): UpgradeFinding[] {
  const { id, name, istio } = cluster;
  return [
    ...kubernetesFindings(cluster, hops, knowledge),
    ...readinessFindings(cluster, phase),
    ...(istio ? proxyFindings({ id, name, istio }, hops, knowledge) : []),
    ...judge.envoyFilterFindings(cluster),
  ];
}

/** What all clusters have in common is of the mesh; the rest is told for each of them. */
function objectFindings(going: readonly Standing[], judge: ConfigurationJudge): UpgradeFinding[] {
  const where = new Map<string, { readonly found: UpgradeFinding; readonly ids: string[] }>();
  for (const { cluster, hops } of going) {
    for (const found of judge.findingsOf(cluster.configuration, hops)) {
      const key = `${found.code} ${found.message}`;
      const known = where.get(key);
      if (known) known.ids.push(cluster.id);
      else where.set(key, { found, ids: [cluster.id] });
    }
  }
  return [...where.values()].flatMap(({ found, ids }) =>
    ids.length > 1 && ids.length === going.length
      ? [found]
      : ids.map((clusterId) => ({ ...found, clusterId })),
  );
}

function blockedBy(
  findings: readonly UpgradeFinding[],
  going: readonly Standing[],
): Map<string, string[]> {
  const codes = new Map<string, Set<string>>();
  for (const { severity, code, clusterId } of findings) {
    if (severity !== 'BLOCKS') continue;
    for (const id of clusterId === null ? going.map(({ cluster }) => cluster.id) : [clusterId])
      codes.set(id, (codes.get(id) ?? new Set()).add(code));
  }
  return new Map([...codes].map(([id, of]) => [id, [...of]]));
}

function mostSevere(findings: readonly UpgradeFinding[]): UpgradeFinding[] {
  const sorted = severities.flatMap((severity) =>
    findings.filter((found) => found.severity === severity),
  );
  if (sorted.length <= mostFindings) return sorted;
  const left = sorted.length - mostFindings + 1;
  return [
    ...sorted.slice(0, mostFindings - 1),
    finding(
      'INFORMS',
      'MoreFindings',
      `${left.toLocaleString('en-US')} more findings are not told`,
      'mend what is told first, and plan anew',
    ),
  ];
}

function secondsOf(
  { policy, maxInFlight, now }: PlanInput,
  waves: readonly (readonly string[])[],
  free: readonly Standing[],
): number {
  const clusters = free.map(({ cluster, hops }) => ({
    id: cluster.id,
    stage: 'PENDING' as const,
    hop: 0,
    hops: hops.length,
    proxies: cluster.istio?.namespaces.reduce((sum, { proxies }) => sum + proxies, 0),
  }));
  return estimate({ waves, clusters, policy, maxInFlight, now }).secondsLeft;
}
