import { Anchor, Button, Text } from '@mantine/core';
import { IconRoute } from '@tabler/icons-react';
import { Link, useParams } from 'react-router';
import type { ServiceRowsQuery } from '../../api/generated/graphql.js';
import { graphql, useRows } from '../../api/index.js';
import { type Column, type Facet, PageHead, Rows, Status } from '../../parts/index.js';
import { HowToExport } from './how-to-export.js';
import { ImportStates } from './import-states.js';
import { serving, standingTones, worstStanding } from './standing.js';

// Without what became of the imports: that is asked for of the rows in sight.
const ServiceRows = graphql(`
  query ServiceRows($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      services(first: $first, after: $after) {
        edges {
          node {
            id
            host
            namespace
            name
            ports {
              port
              name
            }
            exporters {
              clusterName
              readyEndpoints
              valid
              conflict
              stale
            }
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

type Service = ServiceRowsQuery['mesh']['services']['edges'][number]['node'];

const facets: readonly Facet<Service>[] = [
  { key: 'namespace', label: 'Any namespace', value: ({ namespace }) => namespace },
  { key: 'state', label: 'Any state', value: ({ exporters }) => worstStanding(exporters) },
];

function endpointsOf({ exporters }: Service): number {
  return serving(exporters).reduce((sum, { readyEndpoints }) => sum + readyEndpoints, 0);
}

function clustersOf({ exporters }: Service): string {
  return serving(exporters)
    .map(({ clusterName }) => clusterName)
    .join(', ');
}

const columns: readonly Column<Service>[] = [
  {
    key: 'host',
    title: 'Service',
    width: 'minmax(220px, 2.4fr)',
    value: ({ host }) => host,
    cell: ({ namespace, name, host }) => (
      <Anchor component={Link} to={`${namespace}/${name}`} size="sm">
        {host}
      </Anchor>
    ),
  },
  {
    key: 'namespace',
    title: 'Namespace',
    value: ({ namespace }) => namespace,
    cell: ({ namespace }) => namespace,
  },
  {
    key: 'exporters',
    title: 'Served by',
    width: 'minmax(120px, 1.2fr)',
    value: clustersOf,
    cell: (service) => <Few of={serving(service.exporters).map((of) => of.clusterName)} />,
  },
  {
    key: 'endpoints',
    title: 'Endpoints',
    width: 'minmax(80px, 0.6fr)',
    value: endpointsOf,
    cell: endpointsOf,
  },
  {
    key: 'ports',
    title: 'Ports',
    width: 'minmax(90px, 0.9fr)',
    value: ({ ports }) => ports.map(({ port, name }) => `${port} ${name}`).join(' '),
    cell: ({ ports }) => <Few of={ports.map(({ port }) => String(port))} />,
  },
  {
    key: 'state',
    title: 'State',
    value: ({ exporters }) => worstStanding(exporters),
    cell: ({ exporters }) => {
      const standing = worstStanding(exporters);
      return <Status tone={standingTones[standing]}>{standing}</Status>;
    },
  },
  {
    key: 'imports',
    title: 'Imported by',
    width: 'minmax(130px, 1.1fr)',
    cell: ({ id }) => <ImportStates id={id} />,
  },
];

/** The first three, and how many there are beside them. */
function Few({ of }: { readonly of: readonly string[] }) {
  if (of.length === 0) return <Text size="sm">none</Text>;
  const rest = of.slice(3);
  return (
    <Text size="sm">
      {of.slice(0, 3).join(', ')}
      {rest.length > 0 && <span title={rest.join(', ')}> and {rest.length} more</span>}
    </Text>
  );
}

export default function Services() {
  const { meshId = '' } = useParams();
  const services = useRows(ServiceRows, { meshId }, ({ mesh }) => mesh.services);
  return (
    <>
      <PageHead
        title="Services"
        about={
          <>
            What clusters offer to each other: exported by a ServiceExport in the cluster, or by an{' '}
            <Anchor component={Link} to={`/meshes/${meshId}/settings`} size="sm" underline="always">
              export policy of the mesh
            </Anchor>
            .
          </>
        }
      >
        <Button
          component={Link}
          to={`/meshes/${meshId}/reachability`}
          variant="default"
          leftSection={<IconRoute size={16} />}
        >
          Why can’t A reach B?
        </Button>
      </PageHead>
      <Rows
        label="Services"
        of={services}
        columns={columns}
        facets={facets}
        keyOf={({ id }) => id}
        empty={<HowToExport meshId={meshId} />}
      />
    </>
  );
}
