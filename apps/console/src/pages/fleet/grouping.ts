/** By what clusters are put together on the map. */
export const groupings = {
  region: 'Region and network',
  network: 'Network and region',
  release: 'Release',
  istio: 'Istio version',
  kubernetes: 'Kubernetes version',
  agent: 'Agent version',
} as const;
export type Grouping = keyof typeof groupings;

/** What of a cluster decides where it lies. */
export interface Placed {
  readonly name: string;
  readonly network: string;
  /** region or region/zone. */
  readonly locality: string;
  readonly istioVersions?: readonly string[];
  readonly kubernetesVersion?: string | null;
  readonly agentVersion?: string | null;
  readonly configuration?: { readonly number?: number | null } | null;
}

/** An area of the map. */
interface Area<Cluster> {
  readonly name: string;
  /** Without a name of its own if the area is of one kind throughout. */
  readonly parts: readonly { readonly name: string; readonly clusters: readonly Cluster[] }[];
  readonly count: number;
}

export function isGrouping(value: string | null): value is Grouping {
  return value !== null && Object.hasOwn(groupings, value);
}

function regionOf({ locality }: { readonly locality: string }): string {
  return locality.split('/', 1)[0] ?? locality;
}

/** Areas by name, releases the newest first; what is not known comes last. */
export function areasOf<Cluster extends Placed>(
  clusters: readonly Cluster[],
  grouping: Grouping,
): Area<Cluster>[] {
  const [outer, inner] = namesOf(grouping);
  const sign = grouping === 'release' ? -1 : 1;
  return gather(clusters, outer)
    .sort(([a], [b]) => isUnknown(a) - isUnknown(b) || sign * collator.compare(a, b))
    .map(([name, members]) => ({
      name,
      count: members.length,
      parts: gather(members, inner)
        .sort(([a], [b]) => collator.compare(a, b))
        .map(([part, of]) => ({
          name: part,
          clusters: of.sort((a, b) => collator.compare(a.name, b.name)),
        })),
    }));
}

const unknownRelease = 'No release yet';
const unknownVersion = 'Version unknown';
const collator = new Intl.Collator('en', { numeric: true });

function isUnknown(name: string): number {
  return name === unknownRelease || name === unknownVersion ? 1 : 0;
}

type NameOf = (cluster: Placed) => string;

function namesOf(grouping: Grouping): readonly [outer: NameOf, inner: NameOf] {
  const networkOf: NameOf = ({ network }) => network;
  const alike: NameOf = () => '';
  switch (grouping) {
    case 'region':
      return [regionOf, networkOf];
    case 'network':
      return [networkOf, regionOf];
    case 'release':
      return [
        ({ configuration }) =>
          typeof configuration?.number === 'number'
            ? `Release ${configuration.number}`
            : unknownRelease,
        alike,
      ];
    case 'kubernetes':
      return [({ kubernetesVersion }) => kubernetesVersion || unknownVersion, alike];
    case 'istio':
      return [({ istioVersions = [] }) => istioVersions.join(', ') || unknownVersion, alike];
    case 'agent':
      return [({ agentVersion }) => agentVersion || unknownVersion, alike];
  }
}

function gather<Cluster extends Placed>(
  clusters: readonly Cluster[],
  nameOf: NameOf,
): [name: string, clusters: Cluster[]][] {
  return [...Map.groupBy(clusters, nameOf)];
}
