import type { ClusterSettings } from '@isthmus/federation';

/** What a call passes on its way, in order. */
export const links = [
  'NAME',
  'EXPORT',
  'CONTACT',
  'ENDPOINTS',
  'IMPORT',
  'NETWORK',
  'GATEWAY',
  'SNI',
  'TRUST',
  'SAN',
  'POLICY',
] as const;
export type Link = (typeof links)[number];

/** SKIPPED: not needed on this route, or not looked at since a link before it is broken. */
export type LinkState = 'OK' | 'BROKEN' | 'UNKNOWN' | 'SKIPPED';

/** One link, and how it stands. */
export interface Step {
  readonly link: Link;
  readonly state: LinkState;
  readonly clusterId: string | null;
  readonly clusterName: string | null;
  /** Stable, such as `NotExported`; with OK a warning. Null when all is well. */
  readonly reason: string | null;
  readonly message: string;
  readonly remedy: string | null;
  /** Objects that it was read from, as "Kind namespace/name". */
  readonly evidence: readonly string[];
}

/** Where a step is; undefined for the whole mesh. */
type Where = Pick<ClusterSettings, 'id' | 'name'> | undefined;

/** Why a link does not hold, or may not. */
export interface Fault {
  readonly reason: string;
  readonly message: string;
  readonly remedy: string;
  readonly evidence?: readonly string[];
}

function step(
  link: Link,
  state: LinkState,
  where: Where,
  message: string,
  more: Partial<Pick<Step, 'reason' | 'remedy' | 'evidence'>> = {},
): Step {
  const { reason = null, remedy = null, evidence = [] } = more;
  const cluster = { clusterId: where?.id ?? null, clusterName: where?.name ?? null };
  return { link, state, ...cluster, reason, message, remedy, evidence: [...new Set(evidence)] };
}

export function ok(
  link: Link,
  where: Where,
  message: string,
  evidence: readonly string[] = [],
): Step {
  return step(link, 'OK', where, message, { evidence });
}

/** It holds, and something about it should be known. */
export function warned(link: Link, where: Where, { message, ...more }: Fault): Step {
  return step(link, 'OK', where, message, more);
}

export function broken(link: Link, where: Where, { message, ...more }: Fault): Step {
  return step(link, 'BROKEN', where, message, more);
}

export function unknown(link: Link, where: Where, { message, ...more }: Fault): Step {
  return step(link, 'UNKNOWN', where, message, more);
}

export function skipped(link: Link, where: Where, message: string): Step {
  return step(link, 'SKIPPED', where, message);
}

/** A command for the people of a cluster. */
export function inCluster({ name }: Pick<ClusterSettings, 'name'>, command: string): string {
  return `in the cluster '${name}': ${command}`;
}
