import { Anchor, Code, Skeleton, Stack } from '@mantine/core';
import { Link } from 'react-router';
import { graphql, noRows, useApi, useRows } from '../../api/index.js';
import {
  counted,
  Empty,
  ErrorNote,
  Facts,
  IstioTask,
  Panel,
  Rows,
  rowsOf,
  Status,
  Time,
} from '../../parts/index.js';
import type { TabProps } from './tab.js';

const ClusterIstio = graphql(`
  query ClusterIstio($id: ID!) {
    cluster(id: $id) {
      id
      istio {
        isSettled
        isManaged
        channel
        crdVersion
        revisions {
          name
          version
          installedBy
          replicas
          ready
          proxies
          gateways
          injects
          isManaged
        }
        tags {
          name
          revision
        }
        tasks {
          type
          object
          state
          reason
          message
        }
      }
      upgrade {
        stage
        stageAt
        upgrade {
          id
          toVersion
        }
      }
    }
  }
`);

const ClusterNamespaces = graphql(`
  query ClusterNamespaces($id: ID!, $first: Int, $after: String) {
    cluster(id: $id) {
      id
      istio {
        namespaces(first: $first, after: $after) {
          edges {
            node {
              name
              follows
              proxies
              unready
              gateways
              bare
              revisions {
                revision
                version
                workloads
                gateways
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
  }
`);

/** The istiods of a cluster, who follows which, and what is being done about them. */
export default function IstioTab({ cluster, meshId }: TabProps) {
  const { data, error } = useApi(ClusterIstio, { id: cluster.id });
  if (!data) return error ? <ErrorNote error={error} /> : <Skeleton height={180} />;
  const { istio, upgrade } = data.cluster;
  if (!istio) {
    return (
      <Empty title="Its agent has not told of Istio">
        An agent tells of it by itself, unless istio.observe is false in the values of its chart, or
        it is too old.
      </Empty>
    );
  }
  const upgrades = `/meshes/${meshId}/upgrades`;
  return (
    <Stack>
      <ErrorNote error={error} />
      <Panel title="Istio">
        <Facts
          of={[
            [
              'Standing',
              <Status key="standing" tone={istio.isSettled ? 'ok' : 'busy'}>
                {istio.isSettled ? 'As wanted' : 'Being changed'}
              </Status>,
            ],
            [
              'Upgrades',
              istio.isManaged || istio.revisions.length === 0 ? (
                'may change it'
              ) : (
                <span key="foreign">
                  may not change it:{' '}
                  <Anchor component={Link} to={`${upgrades}?tab=istio`} inherit underline="always">
                    take it over
                  </Anchor>
                </span>
              ),
            ],
            [
              'Channel',
              <Anchor
                key="channel"
                component={Link}
                to={`${upgrades}?tab=settings`}
                inherit
                underline="always"
              >
                {istio.channel?.toLowerCase() ?? 'none: people plan its upgrades'}
              </Anchor>,
            ],
            ['CRDs', istio.crdVersion ?? 'of a version that nobody marked'],
            [
              'Last upgrade',
              upgrade ? (
                <span key="upgrade">
                  <Anchor
                    component={Link}
                    to={`${upgrades}/${upgrade.upgrade.id}?cluster=${cluster.id}`}
                    inherit
                    underline="always"
                  >
                    to {upgrade.upgrade.toVersion}
                  </Anchor>
                  , {upgrade.stage.toLowerCase().replaceAll('_', ' ')} since{' '}
                  <Time at={upgrade.stageAt} />
                </span>
              ) : (
                'none'
              ),
            ],
          ]}
        />
      </Panel>
      {istio.tasks.length > 0 && (
        <Panel title="Being done">
          <Stack gap={4}>
            {istio.tasks.map((task) => (
              <IstioTask key={`${task.type} ${task.object}`} of={task} />
            ))}
          </Stack>
        </Panel>
      )}
      <Panel title="Revisions">
        <Rows
          label="Revisions"
          name="revision"
          of={rowsOf(istio.revisions)}
          keyOf={({ name }) => name}
          columns={[
            {
              key: 'name',
              title: 'Revision',
              value: ({ name }) => name,
              cell: ({ name }) => <Code className="code">{name}</Code>,
            },
            {
              key: 'version',
              title: 'Version',
              value: ({ version }) => version,
              cell: ({ version }) => version,
            },
            {
              key: 'tags',
              title: 'Tags',
              cell: ({ name }) =>
                istio.tags
                  .filter(({ revision }) => revision === name)
                  .map((tag) => tag.name)
                  .join(', ') || 'none',
            },
            {
              key: 'ready',
              title: 'Ready',
              width: '130px',
              value: ({ ready }) => ready,
              cell: ({ ready, replicas, injects }) => (
                <Status tone={ready > 0 && injects ? 'ok' : 'bad'}>
                  {ready} of {replicas}
                  {injects ? '' : ', injects not'}
                </Status>
              ),
            },
            {
              key: 'proxies',
              title: 'Pods with its proxy',
              value: ({ proxies }) => proxies,
              cell: ({ proxies, gateways }) =>
                gateways > 0 ? `${proxies}, ${counted(gateways, 'gateway')}` : proxies,
            },
            {
              key: 'by',
              title: 'Installed by',
              value: ({ installedBy }) => installedBy,
              cell: ({ installedBy, isManaged }) =>
                `${installedBy}${isManaged ? '' : ', not taken over'}`,
            },
          ]}
          empty={<Empty title="No istiod">There is no Istio in this cluster.</Empty>}
        />
      </Panel>
      <Namespaces id={cluster.id} />
    </Stack>
  );
}

function Namespaces({ id }: { readonly id: string }) {
  const rows = useRows(
    ClusterNamespaces,
    { id },
    (data) => data.cluster.istio?.namespaces ?? noRows,
  );
  return (
    <Panel title="Namespaces">
      <Rows
        label="Namespaces"
        of={rows}
        keyOf={({ name }) => name}
        facets={[
          { key: 'follows', label: 'Any revision', value: ({ follows }) => follows ?? 'nothing' },
        ]}
        columns={[
          {
            key: 'name',
            title: 'Namespace',
            width: 'minmax(160px, 1.6fr)',
            value: ({ name }) => name,
            cell: ({ name }) => <b>{name}</b>,
          },
          {
            key: 'tag',
            title: 'Follows',
            value: ({ follows }) => follows,
            cell: ({ follows }) => follows ?? 'nothing',
          },
          {
            key: 'proxies',
            title: 'Proxies',
            width: '110px',
            value: ({ proxies }) => proxies,
            cell: ({ proxies }) => proxies,
          },
          {
            key: 'of',
            title: 'Of revision',
            width: 'minmax(180px, 1.6fr)',
            value: ({ revisions }) => revisions.map(({ revision }) => revision).join(' '),
            cell: ({ revisions }) =>
              revisions.map(({ revision, version, workloads, gateways }) => (
                <div key={revision}>
                  {revision} ({version}): {workloads}
                  {gateways > 0 && `, ${counted(gateways, 'gateway')}`}
                </div>
              )),
          },
          {
            key: 'trouble',
            title: 'To mind',
            width: 'minmax(150px, 1.2fr)',
            value: ({ unready, bare }) => unready + bare,
            cell: ({ unready, bare }) =>
              unready + bare === 0 ? (
                'nothing'
              ) : (
                <>
                  {unready > 0 && <Status tone="warn">{unready} not ready</Status>}
                  {bare > 0 && <Status tone="warn">{bare} that nothing replaces</Status>}
                </>
              ),
          },
        ]}
        empty={<Empty title="No namespace with proxies">Nothing is injected here.</Empty>}
      />
    </Panel>
  );
}
