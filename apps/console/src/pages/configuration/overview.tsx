import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { ConfigurationClustersQuery } from '../../api/generated/graphql.js';
import { graphql, useApi, useMay, useRows } from '../../api/index.js';
import {
  Actor,
  CopyCode,
  counted,
  Empty,
  ErrorNote,
  Facts,
  PageHead,
  Panel,
  RoleNote,
  RolloutProgress,
  RolloutStatus,
  Rows,
  Status,
  Time,
  type Tone,
} from '../../parts/index.js';
import { Fold } from './changes.js';
import { editsOf } from './draft.js';
import { PolicyInWords } from './policy-choice.js';
import { ProblemList } from './problem-list.js';
import { useDraft } from './use-draft.js';
import { type HeadRollout, useHead } from './use-head.js';
import './configuration.css';

const ConfigurationClusters = graphql(`
  query ConfigurationClusters($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
            status
            configuration {
              number
              current
              objects
              stored
              accepted
              unaccepted
              live
              liveMessage
              proxies
              proxiesLive
              pending
              refused
              absent
              problems {
                object
                reason
                message
              }
            }
            drift(first: 20) {
              edges {
                node {
                  name
                }
              }
              pageInfo {
                hasNextPage
              }
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

const CurrentWarnings = graphql(`
  query CurrentWarnings($id: ID!) {
    node(id: $id) {
      id
      ... on Release {
        warnings {
          code
          severity
          message
          remedy
          path
          line
          object
        }
      }
    }
  }
`);

type Row = ConfigurationClustersQuery['mesh']['clusters']['edges'][number]['node'];

export default function OverviewPage() {
  const { meshId, configuration, head, open, isPending, error } = useHead();
  const mayChange = useMay('OPERATOR');
  const base = `/meshes/${meshId}/configuration`;
  const isEmpty = head === null;
  return (
    <>
      <PageHead
        title="Configuration"
        about="What the mesh runs, as a release: checked, numbered, and rolled out to the clusters in waves."
      >
        <Button component={Link} to={`${base}/edit`} variant={isEmpty ? 'default' : 'filled'}>
          {mayChange ? 'Edit' : 'See the files'}
        </Button>
        <Button component={Link} to={`${base}/intents/new`} variant="default">
          New intent
        </Button>
        <Button component={Link} to={`${base}/releases`} variant="default">
          Releases
        </Button>
        <Button component={Link} to={`${base}/drift`} variant="default">
          Drift
        </Button>
        <Button component={Link} to={`${base}/settings`} variant="default">
          Settings
        </Button>
      </PageHead>
      <Stack>
        <ErrorNote error={error} />
        {!isPending && isEmpty && <FirstSteps />}
        {open.map((rollout) => (
          <UnderWay key={rollout.id} rollout={rollout} meshId={meshId} />
        ))}
        <DraftNote />
        {configuration && !isEmpty && (
          <div className="intent-frame">
            <Current configuration={configuration} base={base} />
            <Panel
              title="How it is rolled out"
              actions={
                <Anchor component={Link} to={`${base}/settings`} size="sm">
                  Change
                </Anchor>
              }
            >
              <PolicyInWords policy={configuration.rolloutPolicy} />
            </Panel>
          </div>
        )}
        <Clusters meshId={meshId} base={base} />
        {configuration?.currentRelease && <Warnings id={configuration.currentRelease.id} />}
      </Stack>
    </>
  );
}

function Current({
  configuration,
  base,
}: {
  readonly configuration: NonNullable<ReturnType<typeof useHead>['configuration']>;
  readonly base: string;
}) {
  const { currentRelease: release, driftPolicy } = configuration;
  return (
    <Panel title="What the mesh runs">
      {release ? (
        <Facts
          of={[
            [
              'Release',
              <Anchor
                key="release"
                component={Link}
                to={`${base}/releases/${release.number}`}
                size="sm"
                fw={600}
              >
                {release.number}
              </Anchor>,
            ],
            ['Message', release.message],
            ['By', <Actor key="by" id={release.createdBy} />],
            ['Made', <Time key="made" at={release.createdAt} />],
            ['Objects', release.objectCount],
            [
              'Drift is',
              { REVERT: 'put back', TOLERATE: 'left as it is', ADOPT: 'adopted as a release' }[
                driftPolicy
              ],
            ],
          ]}
        />
      ) : (
        <Text size="sm" c="dimmed">
          No release has been rolled out to the end yet.
        </Text>
      )}
    </Panel>
  );
}

function UnderWay({ rollout, meshId }: { readonly rollout: HeadRollout; readonly meshId: string }) {
  const to = `/meshes/${meshId}/rollouts/${rollout.id}`;
  return (
    <Panel
      title={`Rollout of release ${rollout.release.number}`}
      actions={
        <Anchor component={Link} to={to} size="sm">
          Follow it
        </Anchor>
      }
    >
      <Stack gap="xs">
        <Group gap="md">
          <RolloutStatus state={rollout.state} />
          <Text size="sm">{rollout.message}</Text>
        </Group>
        <RolloutProgress of={rollout} />
        {rollout.state === 'HALTED' && (
          <Alert color="red" icon={<IconAlertTriangle />} title={rollout.reason}>
            <Text size="sm" className="break">
              {rollout.detail}
            </Text>
          </Alert>
        )}
      </Stack>
    </Panel>
  );
}

/** There is one, begun by the same person in the same browser. */
function DraftNote() {
  const { draft, isEdited, meshId } = useDraft();
  if (!isEdited) return null;
  return (
    <Alert color="strait" title="You have a draft">
      <Group justify="space-between">
        <Text size="sm">
          {counted(editsOf(draft).length, 'file')} edited and not released, kept in this browser.
        </Text>
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            component={Link}
            to={`/meshes/${meshId}/configuration/edit`}
          >
            Go on editing
          </Button>
          <Button size="xs" component={Link} to={`/meshes/${meshId}/configuration/review`}>
            Review and release
          </Button>
        </Group>
      </Group>
    </Alert>
  );
}

function stateOf({ status, configuration }: Row): readonly [Tone, string] {
  if (status !== 'CONNECTED') return ['warn', 'Not heard of'];
  if (!configuration || typeof configuration.number !== 'number') return ['idle', 'Nothing to run'];
  const { current, pending, refused, unaccepted, live } = configuration;
  if (refused + unaccepted > 0 || live === 'REFUSED') return ['bad', 'Refused'];
  if (!current) return ['busy', 'Told, not answered'];
  if (pending > 0 || live === 'PENDING') return ['busy', 'Being written'];
  return live === 'YES' ? ['ok', 'Live'] : ['ok', 'Stored'];
}

function liveOf(row: Row): string {
  const { configuration } = row;
  if (!configuration) return '—';
  if (configuration.live === 'UNKNOWN') return 'unknown';
  return `${configuration.proxiesLive} of ${configuration.proxies} proxies`;
}

function Clusters({ meshId, base }: { readonly meshId: string; readonly base: string }) {
  const rows = useRows(ConfigurationClusters, { meshId }, (data) => data.mesh.clusters);
  const driftOf = ({ drift }: Row): number => drift.edges.length;
  return (
    <Panel title="Clusters">
      <Rows
        label="Clusters"
        of={rows}
        keyOf={({ id }) => id}
        columns={[
          {
            key: 'name',
            title: 'Cluster',
            width: 'minmax(130px, 1.4fr)',
            value: ({ name }) => name,
            cell: ({ name }) => name,
          },
          {
            key: 'release',
            title: 'Release',
            width: '80px',
            value: ({ configuration }) => configuration?.number,
            cell: ({ configuration }) =>
              typeof configuration?.number === 'number' ? (
                <Anchor component={Link} to={`${base}/releases/${configuration.number}`} size="sm">
                  {configuration.number}
                </Anchor>
              ) : (
                'none'
              ),
          },
          {
            key: 'state',
            title: 'State',
            width: 'minmax(150px, 1.4fr)',
            value: (row) => stateOf(row)[1],
            cell: (row) => {
              const [tone, word] = stateOf(row);
              return <Status tone={tone}>{word}</Status>;
            },
          },
          {
            key: 'stored',
            title: 'Stored',
            value: ({ configuration }) => configuration?.stored,
            cell: ({ configuration }) =>
              configuration ? `${configuration.stored} of ${configuration.objects}` : '—',
          },
          {
            key: 'accepted',
            title: 'Accepted',
            width: '90px',
            value: ({ configuration }) => configuration?.accepted,
            cell: ({ configuration }) => configuration?.accepted ?? '—',
          },
          { key: 'live', title: 'Live', width: 'minmax(120px, 1fr)', value: liveOf, cell: liveOf },
          {
            key: 'pending',
            title: 'Pending',
            width: '90px',
            value: ({ configuration }) => configuration?.pending,
            cell: ({ configuration }) =>
              configuration
                ? `${configuration.pending}${configuration.absent > 0 ? `, ${configuration.absent} without namespace` : ''}`
                : '—',
          },
          {
            key: 'refused',
            title: 'Refused',
            width: '90px',
            value: ({ configuration }) =>
              (configuration?.refused ?? 0) + (configuration?.unaccepted ?? 0),
            cell: ({ configuration }) =>
              configuration ? configuration.refused + configuration.unaccepted : '—',
          },
          {
            key: 'drift',
            title: 'Drift',
            width: '80px',
            value: driftOf,
            cell: (row) => {
              const number = driftOf(row);
              if (number === 0) return 'none';
              return (
                <Anchor
                  component={Link}
                  to={`${base}/drift?cluster=${encodeURIComponent(row.name)}`}
                  size="sm"
                >
                  {number}
                  {row.drift.pageInfo.hasNextPage && '+'}
                </Anchor>
              );
            },
          },
        ]}
        empty={
          <Empty
            title="No cluster has joined"
            action={
              <Button component={Link} to={`/meshes/${meshId}/fleet`} variant="default">
                To the fleet
              </Button>
            }
          >
            A cluster gets what the mesh runs as soon as its agent joins.
          </Empty>
        }
      />
      <Refusals rows={rows.rows} />
    </Panel>
  );
}

/** Why objects were refused, in the words of whoever refused them. */
function Refusals({ rows }: { readonly rows: readonly Row[] }) {
  const said = rows.flatMap(({ name, configuration }) => [
    ...(configuration?.problems ?? []).map((problem) => ({ cluster: name, ...problem })),
    ...(configuration?.live === 'REFUSED'
      ? [
          {
            cluster: name,
            object: 'a proxy',
            reason: 'ProxiesRefused',
            message: configuration.liveMessage ?? '',
          },
        ]
      : []),
  ]);
  if (said.length === 0) return null;
  return (
    <Stack gap={6} mt="md">
      {said.slice(0, 50).map(({ cluster, object, reason, message }) => (
        <Alert
          key={`${cluster} ${object} ${reason}`}
          color="red"
          icon={<IconAlertTriangle />}
          title={cluster}
        >
          <Text size="sm" className="break">
            {object}: {reason}: {message}
          </Text>
        </Alert>
      ))}
    </Stack>
  );
}

function Warnings({ id }: { readonly id: string }) {
  const { data } = useApi(CurrentWarnings, { id });
  const node = data?.node;
  const warnings = node && 'warnings' in node ? node.warnings : [];
  if (warnings.length === 0) return null;
  return (
    <Panel title={`Warnings of the current release (${warnings.length})`}>
      <ProblemList problems={warnings} />
    </Panel>
  );
}

const apply = (meshId: string): string => `curl ${location.origin}/graphql \\
  -H "authorization: Bearer $ISTHMUS_TOKEN" -H 'content-type: application/json' \\
  -d "$(jq -n --arg mesh ${meshId} --rawfile content shop/access.yaml '{
    query: "mutation ($input: ApplyConfigurationInput!) { applyConfiguration(input: $input) { release { number } rollout { id } warnings { message remedy } } }",
    variables: { input: { meshId: $mesh, message: "from CI", files: [{ path: "shop/access.yaml", content: $content }] } } }')"`;

function FirstSteps() {
  const { meshId } = useHead();
  const base = `/meshes/${meshId}`;
  return (
    <Panel title="Nothing is configured yet">
      <Stack>
        <Text size="sm">
          The mesh runs on Istio’s own defaults. There are several ways to give it more, and they go
          together.
        </Text>
        <div className="intent-kinds">
          <FirstStep title="Say what you mean">
            Who may call whom, how long to wait, where to go when a region fails: forms that become
            Istio’s objects.{' '}
            <Anchor
              component={Link}
              to={`${base}/configuration/intents/new`}
              size="sm"
              underline="always"
            >
              New intent
            </Anchor>
          </FirstStep>
          <FirstStep title="Write YAML">
            Istio’s and the Gateway API’s own kinds, checked as you type.{' '}
            <Anchor component={Link} to={`${base}/configuration/edit`} size="sm" underline="always">
              Open the editor
            </Anchor>
          </FirstStep>
          <FirstStep title="Take over what a cluster has">
            Ask a cluster for its own objects and make a release of them: see the inventory on the
            page of the cluster.{' '}
            <Anchor component={Link} to={`${base}/fleet`} size="sm" underline="always">
              To the fleet
            </Anchor>
          </FirstStep>
        </div>
        <Fold
          title={
            <Text component="span" size="sm" fw={600}>
              From a repository, by CI
            </Text>
          }
        >
          <Stack gap="xs">
            <Text size="sm">
              Make an{' '}
              <Anchor component={Link} to="/tokens" size="sm" underline="always">
                API token
              </Anchor>{' '}
              of the role operator, put it into ISTHMUS_TOKEN, and apply the folder at each merge.
              The same files again change nothing.
            </Text>
            <CopyCode code={apply(meshId)} label="command" />
          </Stack>
        </Fold>
        <RoleNote needs="OPERATOR" what="Releasing configuration" />
      </Stack>
    </Panel>
  );
}

function FirstStep({
  title,
  children,
}: {
  readonly title: string;
  readonly children: React.ReactNode;
}) {
  return (
    <div className="intent-kind">
      <Text fw={600} mb={4}>
        {title}
      </Text>
      <Text size="sm" component="div">
        {children}
      </Text>
    </div>
  );
}
