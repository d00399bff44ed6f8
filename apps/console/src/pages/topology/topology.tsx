import { Alert, Anchor, Loader, SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type FormEvent, useCallback, useId, useMemo, useState } from 'react';
import { Link, useParams } from 'react-router';
import { useApi, useRows } from '../../api/index.js';
import { Empty, ErrorNote, PageHead, Panel, useAddress, Waiting } from '../../parts/index.js';
import { graphOf, type Level, serviceGraphOf } from './graph.js';
import { useLayout } from './layout.js';
import { Legend } from './legend.js';
import { Lists } from './lists.js';
import type { Cluster, Service } from './model.js';
import { Picture } from './picture.js';
import { TopologyClusters, TopologyServices } from './queries.js';
import { ClusterSide, ServiceSide } from './side.js';

export default function Topology() {
  const { meshId = '' } = useParams();
  const clusters = useRows(TopologyClusters, { meshId }, ({ mesh }) => mesh.clusters);
  const { data, error } = useApi(TopologyServices, { meshId });
  const topology = data?.mesh.topology;
  const isHere = !clusters.isPending && !clusters.isLoadingMore && topology !== undefined;
  return (
    <>
      <PageHead
        title="Topology"
        about="Which clusters call which, through which gateways, for which services: by what is exported and imported, not by what was called."
      />
      <ErrorNote error={clusters.error ?? error} mb="md" />
      {topology?.truncated && (
        <Alert color="orange" variant="light" mb="md">
          Of {topology.total} services the first {topology.services.length} are drawn. All are in
          the{' '}
          <Anchor component={Link} to={`/meshes/${meshId}/services`} underline="always">
            list of services
          </Anchor>
          .
        </Alert>
      )}
      {isHere && clusters.rows.length === 0 && (
        <Panel>
          <Empty title="No cluster yet">
            Register one in the{' '}
            <Anchor component={Link} to={`/meshes/${meshId}/fleet`} size="sm" underline="always">
              fleet
            </Anchor>
            ; it is drawn here at once.
          </Empty>
        </Panel>
      )}
      {isHere && clusters.rows.length > 0 && (
        <Views meshId={meshId} clusters={clusters.rows} services={topology.services} />
      )}
      {!isHere && !clusters.error && !error && <Waiting>Reading the topology</Waiting>}
    </>
  );
}

interface ViewsProps {
  readonly meshId: string;
  readonly clusters: readonly Cluster[];
  readonly services: readonly Service[];
}

function Views({ meshId, clusters, services }: ViewsProps) {
  const [params, set] = useAddress();
  const level: Level = params.get('level') === 'services' ? 'services' : 'fleet';
  const isList = params.get('view') === 'list';
  const focus = params.get('focus') ?? '';
  const setFocus = useCallback((id: string) => set({ focus: id }, { isStep: true }), [set]);
  const setLevel = useCallback((next: Level) => set({ level: next, focus: '' }), [set]);

  const byId = useMemo(() => new Map(clusters.map((each) => [each.id, each])), [clusters]);
  const service = useMemo(() => services.find(({ id }) => id === focus), [services, focus]);
  const cluster = byId.get(focus);
  const whole = useMemo(() => graphOf(clusters, services, level), [clusters, services, level]);
  const graph = useMemo(
    () => (service ? serviceGraphOf(clusters, service) : whole),
    [clusters, service, whole],
  );
  const edges = useMemo(
    () => (cluster ? graphOf(clusters, services, level, cluster.id).edges : undefined),
    [cluster, clusters, services, level],
  );
  const { drawn, isBusy, error } = useLayout(isList ? undefined : graph);
  const isDrawn = drawn?.graph === graph;
  const side = { meshId, clusters: byId, onFocus: setFocus };
  return (
    <>
      <div className="topology-tools">
        <SegmentedControl
          aria-label="Level"
          data={[
            { value: 'fleet', label: 'Fleet' },
            { value: 'services', label: 'Services' },
          ]}
          value={level}
          onChange={(value) => setLevel(value as Level)}
        />
        <SegmentedControl
          aria-label="View"
          data={[
            { value: 'graph', label: 'As a graph' },
            { value: 'list', label: 'As a list' },
          ]}
          value={isList ? 'list' : 'graph'}
          onChange={(value) => set({ view: value === 'list' ? 'list' : '' }, { isStep: true })}
        />
        <Search clusters={clusters} services={services} onFocus={setFocus} />
      </div>
      {focus !== '' && !service && !cluster && (
        <Alert color="orange" variant="light" mb="md">
          What the address has in focus is not in the topology any more.
        </Alert>
      )}
      <div className={service || cluster ? 'topology topology-with-side' : 'topology'}>
        <div className="topology-main">
          {isList ? (
            <Lists level={level} clusters={clusters} services={services} onFocus={setFocus} />
          ) : (
            <>
              <ErrorNote error={error} mb="md" />
              <section className="picture-frame" aria-label="Graph">
                {isBusy && (
                  <div className="picture-note" role="status">
                    <Loader size={14} aria-hidden />
                    Being laid out
                  </div>
                )}
                {drawn && (
                  <Picture
                    drawn={drawn}
                    edges={isDrawn && edges ? edges : drawn.graph.edges}
                    level={level}
                    focus={focus}
                    clusters={clusters}
                    services={services}
                    isOfOne={service !== undefined}
                    isSettled={isDrawn}
                    onFocus={setFocus}
                    onLevel={setLevel}
                  />
                )}
              </section>
              <Legend />
            </>
          )}
        </div>
        {(service || cluster) && (
          <aside className="topology-side" aria-label="In focus">
            {service && <ServiceSide service={service} {...side} />}
            {cluster && <ClusterSide cluster={cluster} services={services} {...side} />}
          </aside>
        )}
      </div>
    </>
  );
}

interface SearchProps {
  readonly clusters: readonly Cluster[];
  readonly services: readonly Service[];
  onFocus(id: string): void;
}

/** Finds a cluster or a service by its name, or by a part of it. */
function Search({ clusters, services, onFocus }: SearchProps) {
  const [text, setText] = useState('');
  const [isMissing, setMissing] = useState(false);
  const names = useId();
  const all = useMemo(
    () => [
      ...clusters.map(({ id, name }) => ({ id, name })),
      ...services.map(({ id, namespace, name }) => ({ id, name: `${namespace}/${name}` })),
    ],
    [clusters, services],
  );
  const find = (wanted: string, isPart: boolean): boolean => {
    const of = wanted.trim().toLowerCase();
    const found =
      all.find(({ name }) => name.toLowerCase() === of) ??
      (isPart && of !== '' ? all.find(({ name }) => name.toLowerCase().includes(of)) : undefined);
    if (found) onFocus(found.id);
    return found !== undefined;
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setMissing(!find(text, true));
  };
  return (
    <form onSubmit={submit} className="topology-search">
      <TextInput
        type="search"
        aria-label="Find a cluster or a service"
        placeholder="Find a cluster or a service"
        leftSection={<IconSearch size={16} />}
        list={names}
        autoComplete="off"
        value={text}
        error={isMissing ? 'Nothing has such a name' : undefined}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setText(value);
          setMissing(false);
          // Whoever takes one of the proposals types no Enter.
          const isTaken = !(event.nativeEvent as InputEvent).inputType?.startsWith('insertText');
          if (isTaken) find(value, false);
        }}
      />
      <datalist id={names}>
        {all.map(({ id, name }) => (
          <option key={id} value={name} />
        ))}
      </datalist>
    </form>
  );
}
