import { Anchor, Group, Stack } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { RolloutViewQuery } from '../../api/generated/graphql.js';
import { useApi } from '../../api/index.js';
import {
  Actor,
  counted,
  Empty,
  ErrorNote,
  Facts,
  PageHead,
  Panel,
  RoleNote,
  RolloutProgress,
  RolloutStatus,
  Time,
  Waiting,
} from '../../parts/index.js';
import { Actions } from './actions.js';
import { Halted } from './halted.js';
import { lookMs, RolloutView } from './queries.js';
import './rollouts.css';
import { Stages } from './stages.js';
import { Timeline } from './timeline.js';

export default function RolloutPage() {
  const { meshId = '', rolloutId = '' } = useParams();
  const above = [['Rollouts', `/meshes/${meshId}/rollouts`]] as const;
  const { data, error, isPending } = useApi(
    RolloutView,
    { id: rolloutId },
    // Soaks and timeouts pass without anything changing in the mesh.
    { everyMs: (known) => (isUnderWay(known?.node) ? lookMs : undefined) },
  );
  const node = data?.node;
  const rollout = node && 'waves' in node ? node : undefined;
  if (!rollout) {
    if (isPending) return <Waiting>Reading the rollout</Waiting>;
    return (
      <>
        <PageHead title="Rollout" above={above} />
        <ErrorNote error={error} />
        {!error && (
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
        <ErrorNote error={error} />
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
        <Stages rollout={rollout} />
        <Timeline id={rollout.id} isRunning={isUnderWay(rollout)} />
      </Stack>
    </>
  );
}

function isUnderWay(node: RolloutViewQuery['node'] | undefined): boolean {
  return !!node && 'state' in node && (node.state === 'RUNNING' || node.state === 'QUEUED');
}
