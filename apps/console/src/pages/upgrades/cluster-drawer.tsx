import { Anchor, Drawer, Group, Stack, Text, Title, VisuallyHidden } from '@mantine/core';
import { Link } from 'react-router';
import { graphql, noRows, useApi, useRows } from '../../api/index.js';
import {
  counted,
  ErrorNote,
  EventList,
  Facts,
  IstioTask,
  Status,
  sentence,
  Time,
  ToneIcon,
  Waiting,
} from '../../parts/index.js';
import { ClusterActions } from './cluster-actions.js';
import { lookMs, type Upgrade, type UpgradeCluster } from './queries.js';
import { eventTone, eventWord, hopsInWords, standingOf, stepsOf } from './stages.js';

const ClusterTasks = graphql(`
  query ClusterTasks($id: ID!) {
    cluster(id: $id) {
      id
      istio {
        isSettled
        revisions {
          name
          version
          ready
          replicas
          proxies
          gateways
        }
        tasks {
          type
          object
          state
          reason
          message
        }
      }
    }
  }
`);

const ClusterSteps = graphql(`
  query ClusterSteps($id: ID!, $first: Int, $after: String) {
    cluster(id: $id) {
      id
      upgrade {
        upgrade {
          id
        }
        events(first: $first, after: $after) {
          edges {
            node {
              step
              at
              type
              message
              actor
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

interface ClusterDrawerProps {
  readonly upgrade: Upgrade;
  /** Undefined: closed. */
  readonly of: UpgradeCluster | undefined;
  readonly meshId: string;
  onClose(): void;
}

/** One cluster of an upgrade: how far it is, what is being done there, what was done. */
export function ClusterDrawer({ upgrade, of, meshId, onClose }: ClusterDrawerProps) {
  return (
    <Drawer
      opened={!!of}
      onClose={onClose}
      position="right"
      size="lg"
      title={of && `${of.cluster.name} on its way to ${upgrade.toVersion}`}
    >
      {of && <Inside upgrade={upgrade} of={of} meshId={meshId} />}
    </Drawer>
  );
}

interface InsideProps {
  readonly upgrade: Upgrade;
  readonly of: UpgradeCluster;
  readonly meshId: string;
}

function Inside({ upgrade, of, meshId }: InsideProps) {
  const { cluster, hops, hop, stageAt, reason, detail, startedAt, finishedAt } = of;
  const [tone, word] = standingOf(of);
  const steps = stepsOf(of, upgrade.policy.canaryNamespaces.length > 0);
  return (
    <Stack>
      <Group gap="xs">
        <ClusterActions upgrade={upgrade} of={of} />
        <Anchor
          component={Link}
          to={`/meshes/${meshId}/clusters/${cluster.id}?tab=istio`}
          size="sm"
        >
          All of its Istio
        </Anchor>
      </Group>
      <Facts
        of={[
          [
            'Stage',
            <Status key="stage" tone={tone}>
              {word}
            </Status>,
          ],
          ['Since', <Time key="since" at={stageAt} />],
          [
            'Way',
            `${hopsInWords(hops)}${hops.length > 1 ? `, hop ${hop + 1} of ${hops.length}` : ''}`,
          ],
          ...(reason || detail
            ? ([['Why', `${reason ?? ''}${detail ? `: ${sentence(detail)}` : ''}`]] as const)
            : []),
          ['Began', startedAt ? <Time key="began" at={startedAt} /> : 'not yet'],
          ['Ended', finishedAt ? <Time key="ended" at={finishedAt} /> : 'not yet'],
        ]}
      />
      {steps.length > 0 && (
        <ol className="upgrade-way" aria-label="Steps of the hop">
          {steps.map(({ name, state }) => (
            <li key={name} aria-current={state === 'now' ? 'step' : undefined} data-state={state}>
              {state === 'done' && <ToneIcon tone="ok" size={14} />}
              {name}
              {state === 'done' && <VisuallyHidden>, done</VisuallyHidden>}
            </li>
          ))}
        </ol>
      )}
      <Tasks clusterId={cluster.id} isMoving={upgrade.state === 'RUNNING'} />
      <Steps clusterId={cluster.id} upgradeId={upgrade.id} />
    </Stack>
  );
}

function Tasks({
  clusterId,
  isMoving,
}: {
  readonly clusterId: string;
  readonly isMoving: boolean;
}) {
  const { data, error } = useApi(
    ClusterTasks,
    { id: clusterId },
    { everyMs: isMoving ? lookMs : undefined },
  );
  const istio = data?.cluster.istio;
  return (
    <section aria-label="Now in the cluster">
      <Title order={3} size="h4" mb={6}>
        Now in the cluster
      </Title>
      <ErrorNote error={error} />
      {!data && !error && <Waiting>Asking what its agent said</Waiting>}
      {data && !istio && <Text size="sm">Its agent has not told of Istio.</Text>}
      {istio && (
        <Stack gap="xs">
          <ul className="upgrade-list">
            {istio.revisions.map(({ name, version, ready, replicas, proxies, gateways }) => (
              <li key={name}>
                <Text size="sm">
                  <b>{version}</b> ({name}): {ready} of {replicas} ready, {counted(proxies, 'Pod')}{' '}
                  with its proxy
                  {gateways > 0 && `, ${gateways} of them gateways`}
                </Text>
              </li>
            ))}
          </ul>
          {istio.tasks.length === 0 ? (
            <Text size="sm" c="dimmed">
              {istio.isSettled ? 'All that is wanted is done.' : 'Nothing is being done.'}
            </Text>
          ) : (
            <ul className="upgrade-list" aria-label="Tasks">
              {istio.tasks.map((task) => (
                <li key={`${task.type} ${task.object}`}>
                  <IstioTask of={task} />
                </li>
              ))}
            </ul>
          )}
        </Stack>
      )}
    </section>
  );
}

function Steps({
  clusterId,
  upgradeId,
}: {
  readonly clusterId: string;
  readonly upgradeId: string;
}) {
  const events = useRows(ClusterSteps, { id: clusterId }, ({ cluster }) =>
    cluster.upgrade?.upgrade.id === upgradeId ? cluster.upgrade.events : noRows,
  );
  return (
    <section aria-label="Steps so far">
      <Title order={3} size="h4" mb={6}>
        Steps so far
      </Title>
      <EventList
        label="Steps of the cluster"
        of={{ ...events, rows: [...events.rows].reverse() }}
        toneOf={eventTone}
        wordOf={eventWord}
        waiting="Reading its steps"
        empty="None here. If another upgrade began in this cluster since, see What happened below."
      />
    </section>
  );
}
