import { Alert, Anchor, Group, Loader, Progress, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from 'react-router';
import type { RolloutViewQuery } from '../../api/generated/graphql.js';
import { graphql, useApi, useDo, useMay, useRows } from '../../api/index.js';
import {
  Actor,
  Confirm,
  counted,
  Empty,
  ErrorNote,
  Facts,
  PageHead,
  Panel,
  positionOf,
  RoleNote,
  RolloutProgress,
  RolloutStatus,
  Status,
  shareOf,
  Time,
  type Tone,
} from '../../parts/index.js';
import { standingOf } from './cluster-state.js';
import './rollouts.css';

const RolloutView = graphql(`
  query RolloutView($id: ID!) {
    node(id: $id) {
      id
      ... on Rollout {
        state
        stage
        wave
        waves {
          index
          clusterIds
        }
        trialClusterIds
        reason
        detail
        message
        createdBy
        createdAt
        startedAt
        finishedAt
        release {
          id
          number
          objectCount
        }
        from {
          id
          number
        }
        policy {
          gate {
            soakSeconds
            timeoutSeconds
            maxRefusedPercent
          }
        }
      }
    }
  }
`);

const RolloutEvents = graphql(`
  query RolloutEvents($id: ID!, $first: Int, $after: String) {
    node(id: $id) {
      id
      ... on Rollout {
        events(first: $first, after: $after) {
          edges {
            node {
              step
              at
              type
              wave
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

const RolloutClusters = graphql(`
  query RolloutClusters($ids: [ID!]!) {
    nodes(ids: $ids) {
      id
      ... on Cluster {
        name
        status
        configuration {
          number
          current
          objects
          stored
          pending
          refused
          unaccepted
          absent
          live
          liveMessage
          proxies
          proxiesLive
          problems {
            object
            reason
            message
          }
        }
      }
    }
  }
`);

const PauseRollout = graphql(`
  mutation PauseRollout($input: PauseRolloutInput!) {
    pauseRollout(input: $input) {
      rollout {
        id
      }
    }
  }
`);

const ResumeRollout = graphql(`
  mutation ResumeRollout($input: ResumeRolloutInput!) {
    resumeRollout(input: $input) {
      rollout {
        id
      }
    }
  }
`);

const AbortRollout = graphql(`
  mutation AbortRollout($input: AbortRolloutInput!) {
    abortRollout(input: $input) {
      rollout {
        id
      }
    }
  }
`);

const RollBack = graphql(`
  mutation RollBack($input: StartRolloutInput!) {
    startRollout(input: $input) {
      rollout {
        id
      }
    }
  }
`);

type Rollout = Extract<
  NonNullable<RolloutViewQuery['node']>,
  { readonly state: string; readonly waves: unknown }
>;

/** What runs is looked at so often, in ms. */
const lookMs = 2000;
/** The API gives so many nodes at once. */
const nodesAtOnce = 100;
const none = { edges: [], pageInfo: { hasNextPage: false } } as const;

export default function RolloutPage() {
  const { meshId = '', rolloutId = '' } = useParams();
  const above = [['Rollouts', `/meshes/${meshId}/rollouts`]] as const;
  const first = useApi(RolloutView, { id: rolloutId });
  const node = first.data?.node;
  const rollout = node && 'waves' in node ? node : undefined;
  // Soaks and timeouts pass without anything changing in the mesh.
  const isRunning = rollout?.state === 'RUNNING' || rollout?.state === 'QUEUED';
  useApi(
    RolloutView,
    { id: rolloutId },
    { enabled: isRunning, everyMs: isRunning ? lookMs : undefined },
  );
  if (!rollout) {
    if (first.isPending) return <Loader aria-label="Loading the rollout" />;
    return (
      <>
        <PageHead title="Rollout" above={above} />
        <ErrorNote error={first.error} />
        {!first.error && (
          <Empty title="There is no such rollout">It may be another mesh’s: see the list.</Empty>
        )}
      </>
    );
  }
  const to = (number: number): string => `/meshes/${meshId}/configuration/releases/${number}`;
  return (
    <>
      <PageHead
        title={`Rollout of release ${rollout.release.number}`}
        above={above}
        about={rollout.message}
      >
        <Actions rollout={rollout} meshId={meshId} />
      </PageHead>
      <Stack>
        <RoleNote needs="OPERATOR" what="Pausing, aborting and rolling back" />
        <ErrorNote error={first.error} />
        {rollout.state === 'HALTED' && <Halted rollout={rollout} meshId={meshId} />}
        <Panel title="Progress">
          <Stack gap="md">
            <Group gap="xl" align="flex-end">
              <RolloutStatus state={rollout.state} />
              <div className="rollout-bar" aria-live="polite">
                <RolloutProgress of={rollout} />
              </div>
            </Group>
            <Facts
              of={[
                [
                  'Release',
                  <Anchor key="release" component={Link} to={to(rollout.release.number)} size="sm">
                    {rollout.release.number}, {counted(rollout.release.objectCount, 'object')}
                  </Anchor>,
                ],
                [
                  'In place of',
                  rollout.from ? (
                    <Anchor key="from" component={Link} to={to(rollout.from.number)} size="sm">
                      release {rollout.from.number}
                    </Anchor>
                  ) : (
                    'nothing: it is the first'
                  ),
                ],
                ['By', <Actor key="by" id={rollout.createdBy} />],
                ['Asked for', <Time key="asked" at={rollout.createdAt} />],
                [
                  'Began',
                  rollout.startedAt ? <Time key="began" at={rollout.startedAt} /> : 'not yet',
                ],
                [
                  'Ended',
                  rollout.finishedAt ? <Time key="ended" at={rollout.finishedAt} /> : 'not yet',
                ],
                [
                  'Gate',
                  `${rollout.policy.gate.soakSeconds} s of soaking, ${rollout.policy.gate.timeoutSeconds} s at most, ${rollout.policy.gate.maxRefusedPercent} % refused at most`,
                ],
              ]}
            />
          </Stack>
        </Panel>
        <Panel title="Stages">
          <ol className="stages">
            <Stage
              title="Trial"
              standing={trialOf(rollout)}
              about="Dry runs in one cluster of each Kubernetes and Istio version; nothing is written"
              ids={rollout.trialClusterIds}
              rollout={rollout}
              wave={undefined}
            />
            {rollout.waves.map(({ index, clusterIds }) => (
              <Stage
                key={index}
                title={`Wave ${index + 1}`}
                standing={waveOf(rollout, index)}
                about={counted(clusterIds.length, 'cluster')}
                ids={clusterIds}
                rollout={rollout}
                wave={index}
              />
            ))}
          </ol>
          {rollout.waves.length === 0 && (
            <Text size="sm" c="dimmed">
              {rollout.state === 'QUEUED'
                ? 'Its waves are made when its turn comes.'
                : 'The mesh had no clusters: they get the release as they join.'}
            </Text>
          )}
        </Panel>
        <Timeline id={rollout.id} isRunning={isRunning} />
      </Stack>
    </>
  );
}

/** What a rollout has still to do, or not. */
function trialOf({ state, stage }: Rollout): readonly [Tone, string] {
  if (state === 'QUEUED') return ['idle', 'To come'];
  if (stage !== 'TRIAL' || state === 'COMPLETED') return ['ok', 'Passed'];
  return standing(state, 'Trying');
}

function waveOf({ state, stage, wave }: Rollout, index: number): readonly [Tone, string] {
  if (state === 'QUEUED' || stage === 'TRIAL' || index > wave) {
    return ['idle', state === 'ABORTED' ? 'Never began' : 'To come'];
  }
  if (index < wave || state === 'COMPLETED') return ['ok', 'Through'];
  return standing(state, stage === 'SOAK' ? 'Soaking' : 'Being written');
}

function standing(state: Rollout['state'], doing: string): readonly [Tone, string] {
  if (state === 'HALTED') return ['bad', 'Halted'];
  if (state === 'PAUSED') return ['warn', 'Paused'];
  return state === 'ABORTED' ? ['idle', 'Aborted'] : ['busy', doing];
}

interface StageProps {
  readonly title: string;
  readonly standing: readonly [Tone, string];
  readonly about: string;
  readonly ids: readonly string[];
  readonly rollout: Rollout;
  /** Undefined for the trial. */
  readonly wave: number | undefined;
}

function Stage({ title, standing: [tone, word], about, ids, rollout, wave }: StageProps) {
  const isNow = tone === 'busy' || tone === 'bad';
  return (
    <li className={`stage stage-${tone}`} aria-current={isNow ? 'step' : undefined}>
      <details open={isNow || ids.length <= 6 || undefined}>
        <summary>
          <Text component="span" fw={600} size="sm">
            {title}
          </Text>
          <Status tone={tone}>{word}</Status>
          <Text component="span" size="sm" c="dimmed">
            {about}
          </Text>
        </summary>
        <WaveClusters ids={ids} rollout={rollout} wave={wave} isNow={isNow} />
      </details>
    </li>
  );
}

interface WaveClustersProps {
  readonly ids: readonly string[];
  readonly rollout: Rollout;
  readonly wave: number | undefined;
  readonly isNow: boolean;
}

function WaveClusters({ ids, rollout, wave, isNow }: WaveClustersProps) {
  const { meshId = '' } = useParams();
  const shown = ids.slice(0, nodesAtOnce);
  const { data, error } = useApi(
    RolloutClusters,
    { ids: [...shown] },
    {
      enabled: shown.length > 0,
      everyMs: isNow && rollout.state === 'RUNNING' ? lookMs : undefined,
    },
  );
  const clusters = (data?.nodes ?? []).flatMap((node) => (node && 'status' in node ? node : []));
  const hasBegun = wave !== undefined && rollout.stage !== 'TRIAL' && wave <= rollout.wave;
  if (shown.length === 0) return null;
  return (
    <>
      <ErrorNote error={error} />
      <ul className="wave-clusters">
        {clusters.map((cluster) => {
          const { id, name, configuration } = cluster;
          const [tone, word] = standingOf(cluster, rollout.release.number, hasBegun);
          const isOurs = configuration?.number === rollout.release.number;
          const share =
            configuration && configuration.objects > 0
              ? (100 * configuration.stored) / configuration.objects
              : 0;
          return (
            <li key={id}>
              <div className="wave-cluster">
                <Anchor component={Link} to={`/meshes/${meshId}/clusters/${id}`} size="sm">
                  {name}
                </Anchor>
                {wave !== undefined && <Status tone={tone}>{word}</Status>}
                {wave !== undefined && isOurs && configuration && (
                  <Text component="span" size="sm" c="dimmed">
                    {configuration.stored} of {configuration.objects} stored
                    {configuration.refused > 0 && `, ${configuration.refused} refused`}
                    {configuration.unaccepted > 0 && `, ${configuration.unaccepted} not accepted`}
                    {configuration.absent > 0 &&
                      `, ${configuration.absent} wait for their namespace`}
                    {configuration.proxies > 0 &&
                      `, ${configuration.proxiesLive} of ${configuration.proxies} proxies`}
                  </Text>
                )}
              </div>
              {wave !== undefined && isOurs && tone === 'busy' && (
                <Progress size="sm" value={share} aria-label={`Objects stored in ${name}`} />
              )}
              {isOurs &&
                configuration?.problems.slice(0, 5).map(({ object, reason, message }) => (
                  <Text key={object} size="sm" className="break said">
                    {object}: {reason}: {message}
                  </Text>
                ))}
              {isOurs && configuration?.live === 'REFUSED' && (
                <Text size="sm" className="break said">
                  {configuration.liveMessage}
                </Text>
              )}
            </li>
          );
        })}
      </ul>
      {ids.length > shown.length && (
        <Text size="sm" c="dimmed">
          And {counted(ids.length - shown.length, 'more cluster')}.
        </Text>
      )}
    </>
  );
}

/** Why a rollout stopped by itself, and the ways on. */
function Halted({ rollout, meshId }: { readonly rollout: Rollout; readonly meshId: string }) {
  const { reason, detail, from } = rollout;
  return (
    <Alert
      color="red"
      icon={<IconAlertTriangle />}
      title={`It halted: ${reason ?? 'for an unknown reason'}`}
      role="alert"
    >
      <Stack gap="xs">
        <Text size="sm" className="break">
          {detail}
        </Text>
        <Text size="sm" component="div">
          What to do:
          <ul className="ways">
            <li>
              Where the release is wrong:{' '}
              <Anchor
                component={Link}
                to={`/meshes/${meshId}/configuration/edit`}
                size="sm"
                underline="always"
              >
                mend it
              </Anchor>{' '}
              and release anew; abort this rollout, or the new one waits behind it.
            </li>
            <li>
              Where the cluster was wrong (an admission policy, a webhook): mend that and resume.
              What was refused is tried once more.
            </li>
            <li>
              {from
                ? `To have back what the clusters had: roll back to release ${from.number}.`
                : 'To leave it as it is: abort. Clusters that have the release keep it.'}
            </li>
          </ul>
          {reason === 'TrialRefused'
            ? 'Nothing was written: it was a dry run.'
            : 'What was stored before stays where the new object was refused.'}
        </Text>
      </Stack>
    </Alert>
  );
}

function Actions({ rollout, meshId }: { readonly rollout: Rollout; readonly meshId: string }) {
  const { id, state, release, from, waves, wave, stage } = rollout;
  const navigate = useNavigate();
  const pause = useDo(PauseRollout);
  const resume = useDo(ResumeRollout);
  const abort = useDo(AbortRollout);
  const back = useDo(RollBack);
  const mayAct = useMay('OPERATOR');
  const isOver = state === 'COMPLETED' || state === 'ABORTED';
  const begun =
    stage === 'TRIAL' || state === 'QUEUED'
      ? 0
      : waves.slice(0, wave + 1).flatMap(({ clusterIds }) => clusterIds).length;
  if (!mayAct) return null;
  return (
    <>
      {state === 'RUNNING' && (
        <Confirm
          label="Pause"
          title="Pause the rollout?"
          confirmLabel="Pause it"
          isDestructive={false}
          onConfirm={() => pause.mutateAsync({ input: { id } })}
        >
          <p>
            No further cluster gets release {release.number} until you resume. Those that have it
            keep it.
          </p>
        </Confirm>
      )}
      {(state === 'PAUSED' || state === 'HALTED') && (
        <Confirm
          label="Resume"
          title="Resume the rollout?"
          confirmLabel="Resume it"
          isDestructive={false}
          onConfirm={() => resume.mutateAsync({ input: { id } })}
        >
          <p>
            It goes on where it is: {positionOf(rollout).toLowerCase()} ({shareOf(rollout)} % done).
            {state === 'HALTED' && ' What was refused is tried once more.'}
          </p>
        </Confirm>
      )}
      {!isOver && (
        <Confirm
          label="Abort"
          title="Abort the rollout?"
          confirmLabel="Abort it"
          onConfirm={() => abort.mutateAsync({ input: { id } })}
        >
          <p>
            It ends where it is.{' '}
            {begun === 0
              ? 'No cluster has the release yet.'
              : `${counted(begun, 'cluster')} that ${begun === 1 ? 'has' : 'have'} release ${release.number} ${begun === 1 ? 'keeps' : 'keep'} it until another comes.`}
          </p>
          {from && <p>To take it away from them, roll back to release {from.number} instead.</p>}
        </Confirm>
      )}
      {from && from.number !== release.number && state !== 'QUEUED' && (
        <Confirm
          label={`Roll back to ${from.number}`}
          title={`Roll back to release ${from.number}?`}
          confirmLabel={`Roll back to ${from.number}`}
          onConfirm={async () => {
            const data = await back.mutateAsync({
              input: { meshId, releaseId: from.id, supersede: true },
            });
            const next = data.startRollout.rollout;
            if (next) navigate(`/meshes/${meshId}/rollouts/${next.id}`);
          }}
        >
          <p>
            A new rollout brings release {from.number} to all clusters, by the waves of the mesh. It
            {isOver
              ? ' aborts whatever is under way or waits.'
              : ' aborts this one, and those that wait.'}
          </p>
          <p>
            What release {release.number} brought and release {from.number} does not have is deleted
            in the clusters. Other waves can be chosen on the page of the{' '}
            <Link to={`/meshes/${meshId}/configuration/releases/${from.number}`}>release</Link>.
          </p>
        </Confirm>
      )}
    </>
  );
}

const eventTones: Readonly<Record<string, Tone>> = {
  HALTED: 'bad',
  PAUSED: 'warn',
  COMPLETED: 'ok',
  WAVE_STORED: 'ok',
  ABORTED: 'idle',
};

function Timeline({ id, isRunning }: { readonly id: string; readonly isRunning: boolean }) {
  const { rows, error, isPending } = useRows(
    RolloutEvents,
    { id },
    ({ node }) => (node && 'events' in node ? node.events : none),
    { everyMs: isRunning ? lookMs : undefined },
  );
  return (
    <Panel title="What happened">
      <ErrorNote error={error} />
      {!isPending && rows.length === 0 && !error && (
        <Text size="sm" c="dimmed">
          Nothing yet.
        </Text>
      )}
      <ol className="timeline">
        {rows.map(({ step, at, type, wave, message, actor }) => (
          <li key={step}>
            <div className="timeline-head">
              <Status tone={eventTones[type] ?? 'idle'}>{eventWord(type)}</Status>
              <Text size="sm" c="dimmed" component="span">
                <Time at={at} />
                {actor && (
                  <>
                    , <Actor id={actor} />
                  </>
                )}
                {typeof wave === 'number' && type.startsWith('WAVE') && `, wave ${wave + 1}`}
              </Text>
            </div>
            <Text size="sm" className="break">
              {message}
            </Text>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** `WAVE_STARTED` is `Wave started`. */
function eventWord(type: string): string {
  const words = type.replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
