import { Button, NativeSelect, SegmentedControl, Skeleton, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { type ReactNode, useMemo } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { useApi, useMay, useRows } from '../../api/index.js';
import {
  Empty,
  ErrorNote,
  FilterInput,
  healthOf,
  matching,
  PageHead,
  RoleNote,
  Rows,
  Status,
  statusWords,
  useAddress,
  useNow,
} from '../../parts/index.js';
import { Findings } from './findings.js';
import './fleet.css';
import { FleetMap } from './fleet-map.js';
import { groupings, isGrouping } from './grouping.js';
import { columns, facets, type Member, toneWords } from './members.js';
import { Fleet, FleetImports, FleetMesh } from './queries.js';

/** With more clusters than this the list comes first. */
const mostOnMap = 60;
/** With more than this the states of all imports are too many to count here. */
const mostCounted = 40;

export default function FleetPage() {
  const { meshId = '' } = useParams();
  const [params, setAddress] = useAddress();
  const { data, error } = useApi(FleetMesh, { meshId });
  const result = useRows(Fleet, { meshId }, ({ mesh }) => mesh.clusters);
  const now = useNow();
  const mayAdd = useMay('OPERATOR');
  const isWide = useMediaQuery('(min-width: 48em)', true, { getInitialValueInEffect: false });
  const members = useMemo(
    () => result.rows.map((cluster) => ({ cluster, health: healthOf(cluster, now) })),
    [result.rows, now],
  );
  const usual = isWide && members.length <= mostOnMap ? 'map' : 'list';
  const view =
    params.get('view') === 'map' || params.get('view') === 'list' ? params.get('view') : usual;
  const by = params.get('by');
  const grouping = isGrouping(by) ? by : 'region';
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
              onChange={(value) => setAddress({ view: value })}
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
                  setAddress({ by: value === 'region' ? '' : value })
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
                onFilter={(text) => setAddress({ q: text })}
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
  children(found: readonly Member[]): ReactNode;
}

/** The map heeds what the list is filtered by, so that one can go to and fro between them. */
function FilteredMap({ members, isPending, onFilter, children }: FilteredMapProps) {
  const [params] = useSearchParams();
  const text = params.get('q') ?? '';
  const chosen = facets.map(({ key }) => params.get(key) ?? '');
  const found = matching(members, { columns, facets, text, chosen });
  const named = chosen.filter(Boolean);
  if (isPending) return <Skeleton height={220} />;
  return (
    <>
      <div className="rows-tools fleet-filter">
        <FilterInput label="Clusters" value={text} onChange={onFilter} />
        {named.length > 0 && <Text size="sm">{named.join(', ')}</Text>}
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
