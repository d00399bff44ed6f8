import { configurationName } from '@isthmus/contracts';
import type { JsonObject } from '@isthmus/releases';
import type { Deprecation, IstioKnowledge } from '../knowledge.js';
import type { Hop, UpgradeFinding } from '../model.js';
import { leadsSomewhere, type PathStep, parsePath } from '../paths.js';
import type { PlannedCluster, ReleasedObject } from '../planned-cluster.js';
import { minorOf, minorsBetween } from '../versions.js';
import { count, finding, ifVerified, some } from './finding.js';

type Configuration = readonly ReleasedObject[];

interface Entry extends Deprecation {
  readonly minor: string;
  readonly steps: readonly PathStep[];
}

const annotationOnly: readonly PathStep[] = [];

/**
 * What configuration makes of versions. Clusters that share a list of objects share the answer: it is
 * worked out once for each list and way.
 */
export class ConfigurationJudge {
  private readonly entries: readonly Entry[];
  private readonly answers = new Map<Configuration, Map<string, readonly UpgradeFinding[]>>();
  private readonly filters = new Map<Configuration, readonly ReleasedObject[]>();
  private readonly kinds = new Map<Configuration, ReadonlySet<string>>();

  constructor({ minors }: IstioKnowledge) {
    this.entries = Object.entries(minors).flatMap(([minor, { deprecations, verified }]) =>
      deprecations.map((entry) => ({
        ...entry,
        minor,
        verified: verified && entry.verified,
        steps: entry.in === 'annotations' ? annotationOnly : (parsePath(entry.path) ?? []),
      })),
    );
  }

  /** Of objects, told for no cluster. */
  findingsOf(configuration: Configuration, hops: readonly Hop[]): readonly UpgradeFinding[] {
    const from = hops[0]?.from?.version;
    const to = hops.at(-1)?.to.version;
    if (to === undefined) return [];
    const way = `${from ?? ''} ${to}`;
    const ways = this.answers.get(configuration) ?? new Map<string, readonly UpgradeFinding[]>();
    this.answers.set(configuration, ways);
    let answer = ways.get(way);
    if (!answer) {
      answer = [
        ...this.judge(configuration, from, to),
        ...this.judgeFilters(configuration, from, to),
      ];
      ways.set(way, answer);
    }
    return answer;
  }

  /** `<Kind>.<group>` of all that is in it. */
  kindsOf(configuration: Configuration): ReadonlySet<string> {
    let kinds = this.kinds.get(configuration);
    if (!kinds) {
      kinds = new Set(configuration.map(({ kind, group }) => `${kind}.${group}`));
      this.kinds.set(configuration, kinds);
    }
    return kinds;
  }

  /** EnvoyFilters of the release and of anybody else: what Envoy calls things changes at its will. */
  envoyFilterFindings(cluster: PlannedCluster): UpgradeFinding[] {
    const { id: clusterId, name, configuration, readiness } = cluster;
    const released = this.filtersOf(configuration).map((one) => `${one.namespace}/${one.name}`);
    const names = [...new Set([...released, ...(readiness?.envoyFilters ?? [])])].sort();
    const total = Math.max(names.length, readiness?.envoyFilterCount ?? 0);
    if (total === 0) return [];
    return [
      finding(
        'WARNS',
        'EnvoyFiltersPresent',
        `${name} has ${count(total, 'EnvoyFilter')}: ${some(names, total)}`,
        'see that they still do what they are for in a cluster of the first wave: nothing keeps what they patch as it is from version to version',
        { clusterId },
      ),
    ];
  }

  private filtersOf(configuration: Configuration): readonly ReleasedObject[] {
    let filters = this.filters.get(configuration);
    if (!filters) {
      filters = configuration.filter(({ kind }) => kind === 'EnvoyFilter');
      this.filters.set(configuration, filters);
    }
    return filters;
  }

  private judge(
    configuration: Configuration,
    from: string | undefined,
    to: string,
  ): UpgradeFinding[] {
    const reached = this.entries.filter(({ minor }) => minorsBetween(minor, minorOf(to)) >= 0);
    const isNew = ({ minor }: Entry): boolean =>
      from === undefined || minorsBetween(minorOf(from), minor) > 0;
    const removed = reached.filter((entry) => entry.when === 'removed' && isNew(entry));
    const fields = new Set(removed.map(fieldOf));
    const deprecated = reached.filter(
      (entry) => entry.when === 'deprecated' && !fields.has(fieldOf(entry)),
    );
    return configuration.flatMap((object) =>
      [...removed, ...deprecated]
        .filter((entry) => isIn(entry, object))
        .map((entry) => say(entry, object)),
    );
  }

  private judgeFilters(
    configuration: Configuration,
    from: string | undefined,
    to: string,
  ): UpgradeFinding[] {
    return this.filtersOf(configuration).flatMap((object) => {
      const versions = [...new Set(proxyVersionsOf(object.spec))];
      const changes = versions.flatMap((version) => {
        const before = from === undefined ? undefined : isMatch(version, from);
        const after = isMatch(version, to);
        if (before === after) return [];
        return `'${version.slice(0, 80)}' ${after ? 'begins to match' : 'does not match'} ${to}`;
      });
      if (changes.length === 0) return [];
      return finding(
        'WARNS',
        'EnvoyFilterVersionPinned',
        `EnvoyFilter ${object.namespace}/${object.name} is for proxies of some versions alone: ${some(changes)}`,
        'see whether its patch is still needed, and write proxyVersion accordingly',
        { object: configurationName(object) },
      );
    });
  }
}

function fieldOf({ group, kind, path }: Deprecation): string {
  return `${kind}.${group} ${path}`;
}

function isIn({ group, kind, path, steps, in: where }: Entry, object: ReleasedObject): boolean {
  if (kind !== '*' && kind !== object.kind) return false;
  if (group !== '*' && group !== object.group) return false;
  if (where === 'annotations') return Object.hasOwn(object.annotations ?? {}, path);
  return leadsSomewhere(steps, { spec: object.spec });
}

function say(entry: Entry, object: ReleasedObject): UpgradeFinding {
  const { minor, path, when, replacement, note, verified } = entry;
  const label = `${object.kind} ${object.namespace}/${object.name}`;
  const what = entry.in === 'annotations' ? `the annotation ${path}` : path;
  const more = note === '' ? '' : `: ${note.replace(/\.$/, '')}`;
  const about = { object: configurationName(object) };
  return when === 'removed'
    ? finding(
        ifVerified('BLOCKS', verified),
        'RemovedField',
        `${label} uses ${what}, which Istio ${minor} does not heed any more${verified ? '' : ', as far as is known'}${more}`,
        `use ${replacement} in a new release first`,
        about,
      )
    : finding(
        'WARNS',
        'DeprecatedField',
        `${label} uses ${what}, which Istio ${minor} calls deprecated${more}`,
        `use ${replacement} in a release to come`,
        about,
      );
}

function proxyVersionsOf(spec: JsonObject): string[] {
  const patches = Array.isArray(spec.configPatches) ? spec.configPatches : [];
  return patches.flatMap((patch) => {
    const version = (patch as { match?: { proxy?: { proxyVersion?: unknown } } } | null)?.match
      ?.proxy?.proxyVersion;
    return typeof version === 'string' && version !== '' ? [version] : [];
  });
}

const longestExpression = 200;

/** As istiod does it, unanchored; undefined: it cannot be said. */
function isMatch(expression: string, version: string): boolean | undefined {
  if (expression.length > longestExpression) return undefined;
  try {
    return new RegExp(expression).test(version);
  } catch {
    return undefined;
  }
}
