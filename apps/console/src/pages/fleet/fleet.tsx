import {
  Anchor,
  Button,
  NativeSelect,
  SegmentedControl,
  Skeleton,
  Text,
  TextInput,
} from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { Link, useParams, useSearchParams } from 'react-router';
import { useApi, useMay, useRows } from '../../api/index.js';
import {
  type Column,
  Empty,
  ErrorNote,
  type Facet,
  firstExpiry,
  type Health,
  healthOf,
  PageHead,
  RoleNote,
  Rows,
  Status,
  statusWords,
  Time,
  type Tone,
  useNow,
} from '../../parts/index.js';
import { Findings } from './findings.js';
import './fleet.css';
import { FleetMap } from './fleet-map.js';
import { groupings, isGrouping } from './grouping.js';
import { Fleet, type FleetCluster, FleetImports, FleetMesh } from './queries.js';

/** A cluster, and how well it is. */
export interface Member {
  readonly cluster: FleetCluster;
  readonly health: Health;
}

/** With more clusters than this the list comes first. */
const mostOnMap = 60;
/** With more than this the states of all imports are too many to count here. */
const mostCounted = 40;

const toneWords: Readonly<Record<Tone, string>> = {
  bad: 'Failing',
  warn: 'Warning',
  busy: 'Under way',
  idle: 'Waiting',
  ok: 'Well',
};

export default function FleetPage() {
  const { meshId = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const { data, error } = useApi(FleetMesh, { meshId });
  const result = useRows(Fleet, { meshId }, ({ mesh }) => mesh.clusters);
  const now = useNow();
  const mayAdd = useMay('OPERATOR');
  const isWide = useMediaQuery('(min-width: 48em)', true, { getInitialValueInEffect: false });
  const members = result.rows.map((cluster) => ({ cluster, health: healthOf(cluster, now) }));
  const usual = isWide && members.length <= mostOnMap ? 'map' : 'list';
  const view =
    params.get('view') === 'map' || params.get('view') === 'list' ? params.get('view') : usual;
  const by = params.get('by');
  const grouping = isGrouping(by) ? by : 'region';
  const set = (key: string, value: string): void => {
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === '') next.delete(key);
        else next.set(key, value);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  };
  const isEmpty = !result.isPending && !result.error && members.length === 0;
  const add = (
    <Button component={Link} to="../clusters/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {isEmpty ? 'Add the first cluster' : 'Add a cluster'}
    </Button>
  );
  const names = new Map(members.map(({ cluster }) => [cluster.id, cluster.name]));
  return (
    <>
      <PageHead
        title="Fleet"
        about={
          data && `The clusters of ${data.mesh.name}, of the trust domain ${data.mesh.trustDomain}.`
        }
      >
        {mayAdd && !isEmpty && add}
      </PageHead>
      <ErrorNote error={error} mb="md" />
      <Findings of={data?.mesh.findings ?? []} nameOf={(id) => names.get(id)} />
      {isEmpty ? (
        <Empty title="No cluster yet" action={mayAdd && add}>
          <p>
            Register a cluster, run one Helm command in it, and watch it join. It needs Istio 1.22
            or newer and a way out to the hub; nothing has to reach into it.
          </p>
          <RoleNote needs="OPERATOR" what="Adding clusters" />
        </Empty>
      ) : (
        <>
          <Summary members={members} isPending={result.isPending} />
          <div className="fleet-tools">
            <SegmentedControl
              aria-label="Show as"
              data={[
                { value: 'map', label: 'Map' },
                { value: 'list', label: 'List' },
              ]}
              value={view ?? usual}
              onChange={(value) => set('view', value)}
            />
            {view === 'map' && (
              <NativeSelect
                aria-label="Group by"
                data={Object.entries(groupings).map(([value, label]) => ({
                  value,
                  label: `By ${label.toLowerCase()}`.replace('kubernetes', 'Kubernetes'),
                }))}
                value={grouping}
                onChange={({ currentTarget: { value } }) =>
                  set('by', value === 'region' ? '' : value)
                }
              />
            )}
          </div>
          {view === 'map' ? (
            <>
              <ErrorNote error={result.error} mb="md" />
              <FilteredMap
                members={members}
                isPending={result.isPending}
                onFilter={(text) => set('q', text)}
              >
                {(found) => <FleetMap members={found} grouping={grouping} />}
              </FilteredMap>
            </>
          ) : (
            <Rows
              label="Clusters"
              of={{ ...result, rows: members }}
              columns={columns}
              facets={facets}
              keyOf={({ cluster }) => cluster.id}
              sort="name"
              empty={null}
            />
          )}
        </>
      )}
    </>
  );
}

interface SummaryProps {
  readonly members: readonly Member[];
  readonly isPending: boolean;
}

/** How many there are, and how many are how; each leads to those. */
function Summary({ members, isPending }: SummaryProps) {
  const [params] = useSearchParams();
  const { meshId = '' } = useParams();
  const { data } = useApi(
    FleetImports,
    { meshId },
    { enabled: members.length > 1 && members.length <= mostCounted },
  );
  if (isPending) return <Skeleton height={58} mb="md" />;
  const refused = data?.mesh.topology.services
    .flatMap(({ importers }) => importers)
    .filter(({ state }) => state === 'REFUSED').length;
  const counts = Map.groupBy(members, ({ cluster }) => cluster.status);
  const tones = Map.groupBy(members, ({ health }) => health.tone);
  const shown = [
    ['status', statusWords.CONNECTED, counts.get('CONNECTED')?.length ?? 0, 'ok', true],
    ['status', statusWords.OUT_OF_CONTACT, counts.get('OUT_OF_CONTACT')?.length ?? 0, 'warn', true],
    ['status', statusWords.LOCKED, counts.get('LOCKED')?.length ?? 0, 'bad', false],
    ['status', statusWords.PENDING, counts.get('PENDING')?.length ?? 0, 'idle', false],
    ['health', toneWords.bad, tones.get('bad')?.length ?? 0, 'bad', false],
    ['health', toneWords.warn, tones.get('warn')?.length ?? 0, 'warn', false],
  ] as const;
  const to = (changes: Readonly<Record<string, string>>): string => {
    const next = new URLSearchParams(params);
    for (const key of ['status', 'health', 'network', 'q']) next.delete(key);
    for (const [key, value] of Object.entries(changes)) next.set(key, value);
    return `?${next}`;
  };
  return (
    <ul className="fleet-summary" aria-label="Summary">
      <li>
        <Link to={to({})} className="fleet-figure" replace>
          <span className="fleet-number">{members.length}</span>
          <span>{members.length === 1 ? 'cluster' : 'clusters'}</span>
        </Link>
      </li>
      {shown.map(([key, label, count, tone, isAlways]) => {
        if (count === 0 && !isAlways) return null;
        const isChosen = params.get(key) === label;
        return (
          <li key={label}>
            <Link
              to={isChosen ? to({}) : to({ [key]: label })}
              className={isChosen ? 'fleet-figure fleet-figure-chosen' : 'fleet-figure'}
              aria-current={isChosen || undefined}
              replace
            >
              <span className="fleet-number">{count}</span>
              <Status tone={count > 0 ? tone : 'idle'}>{label.toLowerCase()}</Status>
            </Link>
          </li>
        );
      })}
      {refused !== undefined && refused > 0 && (
        <li>
          <Link to="../services" className="fleet-figure">
            <span className="fleet-number">{refused}</span>
            <Status tone="bad">{refused === 1 ? 'import refused' : 'imports refused'}</Status>
          </Link>
        </li>
      )}
    </ul>
  );
}

interface FilteredMapProps {
  readonly members: readonly Member[];
  readonly isPending: boolean;
  onFilter(text: string): void;
  children(found: readonly Member[]): React.ReactNode;
}

/** The map heeds what the list is filtered by, so that one can go to and fro between them. */
function FilteredMap({ members, isPending, onFilter, children }: FilteredMapProps) {
  const [params] = useSearchParams();
  const text = params.get('q') ?? '';
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = members.filter((member) => {
    if (facets.some(({ key, value }) => params.get(key) && params.get(key) !== value(member))) {
      return false;
    }
    const all = columns
      .map(({ value }) => value?.(member) ?? '')
      .join(' ')
      .toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const chosen = facets.flatMap(({ key }) => params.get(key) ?? []);
  if (isPending) return <Skeleton height={220} />;
  return (
    <>
      <div className="rows-tools fleet-filter">
        <TextInput
          type="search"
          aria-label="Filter Clusters"
          placeholder="Filter"
          leftSection={<IconSearch size={16} />}
          value={text}
          onChange={(event) => onFilter(event.currentTarget.value)}
          className="rows-filter"
        />
        {chosen.length > 0 && <Text size="sm">{chosen.join(', ')}</Text>}
        <Text size="sm" c="dimmed" aria-live="polite" className="rows-count">
          {found.length < members.length ? `${found.length} of ${members.length}` : members.length}
        </Text>
      </div>
      {found.length === 0 ? (
        <Empty title="Nothing matches">
          Take a word out of the filter, or choose something else above.
        </Empty>
      ) : (
        children(found)
      )}
    </>
  );
}

const facets: readonly Facet<Member>[] = [
  { key: 'status', label: 'Any status', value: ({ cluster }) => statusWords[cluster.status] },
  { key: 'health', label: 'Any health', value: ({ health }) => toneWords[health.tone] },
  { key: 'network', label: 'Any network', value: ({ cluster }) => cluster.network },
];

const columns: readonly Column<Member>[] = [
  {
    key: 'name',
    title: 'Name',
    width: 'minmax(130px, 1.4fr)',
    value: ({ cluster }) => cluster.name,
    cell: ({ cluster: { id, name, status } }) => (
      <Anchor
        component={Link}
        to={status === 'PENDING' ? `../clusters/${id}/join` : `../clusters/${id}`}
        inherit
        fw={600}
      >
        {name}
      </Anchor>
    ),
  },
  {
    key: 'health',
    title: 'Status',
    width: 'minmax(150px, 1.6fr)',
    value: ({ health: { tone, word } }) =>
      `${['bad', 'warn', 'busy', 'idle', 'ok'].indexOf(tone)} ${word}`,
    cell: ({ health }) => <Status tone={health.tone}>{health.word}</Status>,
  },
  {
    key: 'network',
    title: 'Network',
    width: 'minmax(90px, 1fr)',
    value: ({ cluster }) => cluster.network,
    cell: ({ cluster }) => cluster.network,
  },
  {
    key: 'locality',
    title: 'Locality',
    width: 'minmax(110px, 1fr)',
    value: ({ cluster }) => cluster.locality,
    cell: ({ cluster }) => cluster.locality,
  },
  {
    key: 'istio',
    title: 'Istio',
    width: 'minmax(80px, .7fr)',
    value: ({ cluster }) => cluster.istioVersions.join(', '),
    cell: ({ cluster }) => cluster.istioVersions.join(', ') || '—',
  },
  {
    key: 'kubernetes',
    title: 'Kubernetes',
    width: 'minmax(80px, .7fr)',
    value: ({ cluster }) => cluster.kubernetesVersion,
    cell: ({ cluster }) => cluster.kubernetesVersion ?? '—',
  },
  {
    key: 'agent',
    title: 'Agent',
    width: 'minmax(70px, .6fr)',
    value: ({ cluster }) => cluster.agentVersion,
    cell: ({ cluster }) => cluster.agentVersion ?? '—',
  },
  {
    key: 'release',
    title: 'Release',
    width: 'minmax(110px, 1fr)',
    value: ({ cluster }) => cluster.configuration?.number,
    cell: ({ cluster }) => <Release of={cluster.configuration} />,
  },
  {
    key: 'drift',
    title: 'Drift',
    width: 'minmax(60px, .5fr)',
    value: ({ cluster }) => cluster.drift.edges.length,
    cell: ({ cluster: { id, drift } }) =>
      drift.edges.length === 0 ? (
        '0'
      ) : (
        <Anchor component={Link} to={`../clusters/${id}?tab=drift`} inherit>
          {drift.edges.length}
          {drift.pageInfo.hasNextPage && '+'}
        </Anchor>
      ),
  },
  {
    key: 'certificate',
    title: 'First expiry',
    width: 'minmax(110px, .9fr)',
    value: ({ cluster }) => firstExpiry(cluster)?.at,
    cell: ({ cluster }) => {
      const first = firstExpiry(cluster);
      if (!first) return '—';
      return (
        <span>
          <Time at={first.at} /> <span className="fleet-note">({first.of})</span>
        </span>
      );
    },
  },
  {
    key: 'contact',
    title: 'Last contact',
    width: 'minmax(110px, .9fr)',
    value: ({ cluster }) => cluster.lastContactAt,
    cell: ({ cluster }) => <Time at={cluster.lastContactAt} />,
  },
];

/** The release that a cluster is to run, and whether it is stored, and live. */
function Release({ of }: { readonly of: FleetCluster['configuration'] }) {
  if (typeof of?.number !== 'number') return <>—</>;
  const { number, current, objects, stored, refused, live } = of;
  if (refused > 0 || live === 'REFUSED') return <Status tone="bad">{number}, refused</Status>;
  if (!current || stored < objects || live === 'PENDING') {
    return (
      <Status tone="busy">
        {number}, {stored} of {objects} stored
      </Status>
    );
  }
  return <Status tone="ok">{live === 'YES' ? `${number}, live` : `${number}, stored`}</Status>;
}
