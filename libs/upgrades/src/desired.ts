import type { DesiredNamespace, DesiredRevision, DesiredTag, IstioFact } from '@isthmus/contracts';
import { type ChartSource, IstioIntent } from '@isthmus/contracts';
import type {
  Charts,
  ClusterStage,
  Hop,
  Installed,
  IstioSnapshot,
  UpgradePolicy,
} from './model.js';

/** The tag that injection without a revision follows. */
const defaultTag = 'default';
/** What a namespace follows that has istio-injection=enabled. */
const injection = 'injection';

export interface DesiredOptions {
  readonly hop: Hop;
  readonly before: IstioSnapshot;
  readonly policy: Pick<UpgradePolicy, 'canaryNamespaces' | 'maxRestarting'>;
  readonly charts: Charts;
  /** Nothing moves for now. */
  readonly held?: boolean;
  readonly readinessRequest?: string;
}

/** What a hop may change, as the cluster has it now. */
export function snapshotOf(fact: IstioFact): IstioSnapshot {
  return {
    tags: fact.tags.map(({ name, revision }) => ({ name, revision })),
    namespaces: fact.namespaces
      .filter(({ follows }) => follows !== '')
      .map(({ name, follows, gateways }) => ({ name, follows, hasGateways: gateways > 0 })),
  };
}

/** Names of the namespaces whose proxies come from a revision. */
export function followersOf(before: IstioSnapshot, revision: string): string[] {
  return before.namespaces
    .filter(({ follows }) => resolve(before, follows) === revision)
    .map(({ name }) => name);
}

function resolve({ tags }: IstioSnapshot, follows: string): string {
  const name = follows === injection ? defaultTag : follows;
  return tags.find((tag) => tag.name === name)?.revision ?? name;
}

/**
 * The intent of a stage: all that the cluster is to have then, so that whoever comes to it in the
 * middle does what is left. Without a fence. Pure.
 */
export function desiredIstio(stage: ClusterStage, options: DesiredOptions): IstioIntent {
  const { hop, policy, readinessRequest = '' } = options;
  return IstioIntent.fromPartial({
    revisions: revisionsOf(stage, options).sort(byName),
    ...followingOf(stage, options, hop),
    maxRestarting: policy.maxRestarting,
    readinessRequest,
  });
}

function revisionsOf(stage: ClusterStage, { hop, charts }: DesiredOptions): DesiredRevision[] {
  const { from, to } = hop;
  const old = from && { ...install(from, charts, to.revision), wanted: 'keep' };
  const next = install(to, charts, from?.revision ?? '');
  switch (stage) {
    // On the way back the new one is left as it is until nobody uses it: it may never have become ready.
    case 'PREFLIGHT':
    case 'ROLLING_BACK':
      return old ? [old] : [];
    case 'REMOVING':
      return old ? [next, { ...old, wanted: 'remove' }] : [next];
    case 'DONE':
      return [next];
    case 'CLEANING_UP':
      return [...(old ? [old] : []), { ...next, wanted: 'remove' }];
    default:
      return old ? [old, next] : [next];
  }
}

/** @param valuesFrom whose values it begins with, where it has to be installed first. */
function install(
  { version, revision }: Installed,
  charts: Charts,
  valuesFrom: string,
): DesiredRevision {
  return {
    name: revision,
    version,
    wanted: 'install',
    charts: chartSource(version, charts),
    values: Buffer.from(JSON.stringify(charts.values)),
    valuesFrom,
  };
}

function chartSource(version: string, { repository, digests }: Charts): ChartSource {
  const names = ['base', 'istiod'].flatMap((chart) => {
    const digest = digests[`${chart}-${version}`];
    return digest === undefined ? [] : [[chart, digest] as const];
  });
  return { repository, digests: Object.fromEntries(names) };
}

interface Following {
  readonly tags: DesiredTag[];
  readonly namespaces: DesiredNamespace[];
}

const none: Following = { tags: [], namespaces: [] };

function followingOf(
  stage: ClusterStage,
  { before, policy, held = false }: DesiredOptions,
  { from, to }: Hop,
): Following {
  const tags = (at: (name: string) => string): DesiredTag[] =>
    before.tags
      .filter(({ revision }) => revision === from?.revision)
      .map(({ name }) => ({ name, revision: at(name) }))
      .sort(byName);
  const affected = new Set(from ? followersOf(before, from.revision) : []);
  const namespaces = (
    of: (namespace: IstioSnapshot['namespaces'][number]) => Omit<DesiredNamespace, 'name'>,
  ): DesiredNamespace[] =>
    before.namespaces
      .filter(({ name }) => affected.has(name))
      .map((namespace) => ({ name: namespace.name, ...of(namespace) }))
      .sort(byName);
  const isDefault = (follows: string): boolean => follows === injection || follows === defaultTag;
  /** Where a namespace is led while the default tag stays behind. */
  const ahead = (follows: string): string =>
    isDefault(follows) || follows === from?.revision ? to.revision : follows;
  const movesWorkloads = !held;
  /** Injection without a revision follows the tag, also where an istiod without one served it before. */
  const withDefaultTag = (moved: DesiredTag[], revision: string): DesiredTag[] =>
    from === null || needsDefaultTag(before, from)
      ? [...moved, { name: defaultTag, revision }].sort(byName)
      : moved;
  switch (stage) {
    case 'CANARY':
    case 'SOAKING':
      return {
        tags: [],
        namespaces: namespaces(({ follows }) => ({
          follows,
          moveWorkloads: false,
          moveGateways: false,
        }))
          .filter(({ name }) => policy.canaryNamespaces.includes(name))
          .map((namespace) => ({
            ...namespace,
            follows: to.revision,
            moveWorkloads: movesWorkloads,
          })),
      };
    case 'WORKLOADS':
    case 'GATEWAYS':
      return {
        tags: tags((name) => (name === defaultTag && from ? from.revision : to.revision)),
        namespaces: namespaces(({ follows }) => ({
          follows: ahead(follows),
          moveWorkloads: movesWorkloads,
          moveGateways: movesWorkloads && stage === 'GATEWAYS',
        })),
      };
    case 'DEFAULT_TAG':
    case 'DRAINING':
    case 'GRACE':
    case 'REMOVING':
      return {
        tags: withDefaultTag(
          tags(() => to.revision),
          to.revision,
        ),
        namespaces: namespaces(({ follows }) => ({
          follows: follows === from?.revision ? to.revision : follows,
          moveWorkloads: movesWorkloads,
          moveGateways: movesWorkloads,
        })),
      };
    case 'DONE':
      return {
        tags: withDefaultTag(
          tags(() => to.revision),
          to.revision,
        ),
        namespaces: [],
      };
    case 'ROLLING_BACK':
    case 'CLEANING_UP':
      return {
        tags: from
          ? withDefaultTag(
              tags(() => from.revision),
              from.revision,
            )
          : [],
        namespaces: namespaces(({ follows }) => ({
          follows,
          moveWorkloads: movesWorkloads,
          moveGateways: movesWorkloads,
        })),
      };
    default:
      return none;
  }
}

/** Whether namespaces are injected by an istiod without a revision, so that there is no tag to move. */
function needsDefaultTag({ tags, namespaces }: IstioSnapshot, from: Installed | null): boolean {
  return (
    from?.revision === defaultTag &&
    !tags.some(({ name }) => name === defaultTag) &&
    namespaces.some(({ follows }) => follows === injection || follows === defaultTag)
  );
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
