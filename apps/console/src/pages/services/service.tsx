import { Anchor, Button, Code, Stack, Text } from '@mantine/core';
import { IconRoute, IconSitemap } from '@tabler/icons-react';
import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import type { ServiceDetailQuery, ServiceImportersQuery } from '../../api/generated/graphql.js';
import { graphql, useApi, useRows } from '../../api/index.js';
import {
  type Column,
  correctionsColumn,
  Empty,
  ErrorNote,
  exportLook,
  Facts,
  objectsColumn,
  PageHead,
  Panel,
  Rows,
  reasonColumn,
  reportedColumn,
  rowsOf,
  Status,
  stateColumns,
} from '../../parts/index.js';
import { standingTones, worstStanding } from './standing.js';

const ServiceDetail = graphql(`
  query ServiceDetail($meshId: ID!, $host: String!) {
    mesh(id: $meshId) {
      service(host: $host) {
        id
        host
        clustersetHost
        headless
        ports {
          port
          name
          protocol
          appProtocol
        }
        exporters {
          clusterId
          clusterName
          network
          localities
          readyEndpoints
          valid
          conflict
          stale
          reason
          message
        }
      }
    }
  }
`);

const ServiceImporters = graphql(`
  query ServiceImporters($meshId: ID!, $host: String!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      service(host: $host) {
        importStates(first: $first, after: $after) {
          edges {
            node {
              clusterId
              sent
              stored
              accepted
              live
              reason
              message
              objects
              corrections
              correctedManagers
              reportedAt
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);

const ServiceClusterNames = graphql(`
  query ServiceClusterNames($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

type Exporter = ServiceDetailQuery['mesh']['service']['exporters'][number];
type Importer = ServiceImportersQuery['mesh']['service']['importStates']['edges'][number]['node'];

const exporterColumns = (meshId: string): readonly Column<Exporter>[] => [
  {
    key: 'cluster',
    title: 'Cluster',
    value: ({ clusterName }) => clusterName,
    cell: ({ clusterId, clusterName }) => (
      <Anchor component={Link} to={`/meshes/${meshId}/clusters/${clusterId}`} size="sm">
        {clusterName}
      </Anchor>
    ),
  },
  {
    key: 'network',
    title: 'Network',
    value: ({ network }) => network,
    cell: ({ network }) => network,
  },
  {
    key: 'localities',
    title: 'Localities',
    width: 'minmax(120px, 1.2fr)',
    value: ({ localities }) => localities.join(' '),
    cell: ({ localities }) => localities.join(', ') || '—',
  },
  {
    key: 'endpoints',
    title: 'Ready endpoints',
    value: ({ readyEndpoints }) => readyEndpoints,
    cell: ({ readyEndpoints }) => readyEndpoints,
  },
  {
    key: 'state',
    title: 'State',
    value: (exporter) => exportLook(exporter)[1],
    cell: (exporter) => {
      const [tone, word] = exportLook(exporter);
      return <Status tone={tone}>{word}</Status>;
    },
  },
  reasonColumn(),
];

const importerColumns = (
  meshId: string,
  nameOf: (clusterId: string) => string,
): readonly Column<Importer>[] => [
  {
    key: 'cluster',
    title: 'Cluster',
    width: 'minmax(100px, 1fr)',
    value: ({ clusterId }) => nameOf(clusterId),
    cell: ({ clusterId }) => (
      <Anchor component={Link} to={`/meshes/${meshId}/clusters/${clusterId}`} size="sm">
        {nameOf(clusterId)}
      </Anchor>
    ),
  },
  ...stateColumns<Importer>(),
  reasonColumn(),
  objectsColumn(),
  correctionsColumn(),
  reportedColumn(),
];

export default function Service() {
  const { meshId = '', namespace = '', name = '' } = useParams();
  const host = `${namespace}/${name}`;
  const { data, error } = useApi(ServiceDetail, { meshId, host });
  const importers = useRows(
    ServiceImporters,
    { meshId, host },
    ({ mesh }) => mesh.service.importStates,
  );
  const clusters = useRows(ServiceClusterNames, { meshId }, ({ mesh }) => mesh.clusters);
  const names = useMemo(
    () => new Map(clusters.rows.map(({ id, name: of }) => [id, of])),
    [clusters.rows],
  );
  const service = data?.mesh.service;
  const standing = service && worstStanding(service.exporters);
  const explain = new URLSearchParams({ to: service?.host ?? host });
  const focus = new URLSearchParams({ level: 'services', focus: service?.id ?? '' });
  return (
    <>
      <PageHead
        title={host}
        above={[['Services', `/meshes/${meshId}/services`]]}
        about={standing && <Status tone={standingTones[standing]}>{standing}</Status>}
      >
        {service && (
          <>
            <Button
              component={Link}
              to={`/meshes/${meshId}/topology?${focus}`}
              variant="default"
              leftSection={<IconSitemap size={16} />}
            >
              In the topology
            </Button>
            <Button
              component={Link}
              to={`/meshes/${meshId}/reachability?${explain}`}
              variant="default"
              leftSection={<IconRoute size={16} />}
            >
              Explain reachability from…
            </Button>
          </>
        )}
      </PageHead>
      <ErrorNote error={error} mb="md">
        {error?.code === 'NOT_FOUND' && (
          <Text size="sm" mt={4}>
            No cluster exports it. It comes back here as soon as one does.
          </Text>
        )}
      </ErrorNote>
      {service && (
        <Stack>
          <Panel title="Names and ports">
            <Facts
              of={[
                [
                  'Host',
                  <Code key="host" className="code">
                    {service.host}
                  </Code>,
                ],
                [
                  'In the clusterset',
                  <Code key="set" className="code">
                    {service.clustersetHost}
                  </Code>,
                ],
                ['Ports', service.ports.map(portInWords).join(', ') || 'none'],
                [
                  'Headless',
                  service.headless ? 'yes: DNS answers with the endpoints themselves' : 'no',
                ],
              ]}
            />
          </Panel>
          <Panel title="Exporters">
            <Rows
              label="Exporters"
              name="exporters"
              of={rowsOf(service.exporters)}
              columns={exporterColumns(meshId)}
              keyOf={({ clusterId }) => clusterId}
              empty={
                <Empty title="No cluster exports it any more">
                  Apply a ServiceExport in the cluster that has the Service.
                </Empty>
              }
            />
          </Panel>
          <Panel title="Importers">
            <Rows
              label="Importers"
              name="importers"
              of={importers}
              columns={importerColumns(meshId, (id) => names.get(id) ?? id)}
              keyOf={({ clusterId }) => clusterId}
              empty={
                <Empty title="No cluster imports it">
                  A cluster imports it once an export of it stands; see the reasons above.
                </Empty>
              }
            />
          </Panel>
        </Stack>
      )}
    </>
  );
}

interface Port {
  readonly port: number;
  readonly name: string;
  readonly protocol: string;
  readonly appProtocol: string;
}

function portInWords({ port, name, protocol, appProtocol }: Port): string {
  const more = [name, appProtocol].filter(Boolean).join(', ');
  return more === '' ? `${port}/${protocol}` : `${port}/${protocol} (${more})`;
}
