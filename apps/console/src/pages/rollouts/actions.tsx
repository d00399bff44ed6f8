import { Link, useNavigate } from 'react-router';
import { graphql, useDo, useMay } from '../../api/index.js';
import { Confirm, counted, positionOf, shareOf } from '../../parts/index.js';
import type { Rollout } from './queries.js';

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

interface ActionsProps {
  readonly rollout: Rollout;
  readonly meshId: string;
}

/** What can be done with a rollout, each as long as it can. */
export function Actions({ rollout, meshId }: ActionsProps) {
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
