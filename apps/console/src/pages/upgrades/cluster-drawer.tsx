import { Anchor, Drawer, Group, Stack, Text, Title, VisuallyHidden } from '@mantine/core';
import { Link } from 'react-router';
import { graphql, useApi, useRows } from '../../api/index.js';
import {
  counted,
  ErrorNote,
  Facts,
  StateStatus,
  Status,
  sentence,
  Time,
  ToneIcon,
  Waiting,
} from '../../parts/index.js';
import { ClusterActions } from './cluster-actions.js';
import { lookMs, nothing, type Upgrade, type UpgradeCluster } from './queries.js';
import { hopsInWords, standingOf, stepsOf } from './stages.js';
import { Events } from './timeline.js';

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
              {istio.tasks.map(({ type, object, state, reason, message }) => (
                <li key={`${type} ${object}`}>
                  <Text size="sm" component="div" className="break">
                    <StateStatus state={state} /> {type}: {object}
                    {reason && `, ${reason}`}
                    {message && `: ${sentence(message)}`}
                  </Text>
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
  const { rows, error, isPending } = useRows(ClusterSteps, { id: clusterId }, ({ cluster }) =>
    cluster.upgrade?.upgrade.id === upgradeId ? cluster.upgrade.events : nothing,
  );
  return (
    <section aria-label="Steps so far">
      <Title order={3} size="h4" mb={6}>
        Steps so far
      </Title>
      <ErrorNote error={error} />
      {isPending && !error && <Waiting>Reading its steps</Waiting>}
      {!isPending && rows.length === 0 && !error && (
        <Text size="sm" c="dimmed">
          None here. If another upgrade began in this cluster since, see What happened below.
        </Text>
      )}
      <Events of={[...rows].reverse()} label="Steps of the cluster" />
    </section>
  );
}
