import { Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { graphql, useDo, useMay, useSession } from '../../api/index.js';
import { Confirm, counted } from '../../parts/index.js';
import { blockedBy } from './findings.js';
import { useFindings } from './findings-panel.js';
import type { Upgrade, UpgradeCluster } from './queries.js';
import { isThrough, tallyOf } from './stages.js';

const StartUpgrade = graphql(`
  mutation StartUpgrade($input: StartUpgradeInput!) {
    startUpgrade(input: $input) {
      upgrade {
        id
      }
    }
  }
`);

const ApproveUpgrade = graphql(`
  mutation ApproveUpgrade($input: ApproveUpgradeInput!) {
    approveUpgrade(input: $input) {
      upgrade {
        id
      }
    }
  }
`);

const RejectUpgrade = graphql(`
  mutation RejectUpgrade($input: RejectUpgradeInput!) {
    rejectUpgrade(input: $input) {
      upgrade {
        id
      }
    }
  }
`);

const PauseUpgrade = graphql(`
  mutation PauseUpgrade($input: PauseUpgradeInput!) {
    pauseUpgrade(input: $input) {
      upgrade {
        id
      }
    }
  }
`);

const ResumeUpgrade = graphql(`
  mutation ResumeUpgrade($input: ResumeUpgradeInput!) {
    resumeUpgrade(input: $input) {
      upgrade {
        id
      }
    }
  }
`);

const AbortUpgrade = graphql(`
  mutation AbortUpgrade($input: AbortUpgradeInput!) {
    abortUpgrade(input: $input) {
      upgrade {
        id
      }
    }
  }
`);

const RollBackUpgrade = graphql(`
  mutation RollBackUpgrade($input: RollBackUpgradeInput!) {
    rollBackUpgrade(input: $input) {
      upgrade {
        id
      }
    }
  }
`);

interface ActionsProps {
  readonly upgrade: Upgrade;
  readonly clusters: readonly UpgradeCluster[];
}

/** What can be done with an upgrade, each as long as it can. */
export function Actions({ upgrade, clusters }: ActionsProps) {
  const mayAct = useMay('OPERATOR');
  const { state } = upgrade;
  if (!mayAct) return null;
  const mayRollBack = ['RUNNING', 'PAUSED', 'HALTED', 'ABORTED', 'COMPLETED'].includes(state);
  return (
    <>
      {state === 'PLANNED' && <Start upgrade={upgrade} clusters={clusters} />}
      {state === 'AWAITING_APPROVAL' && <Decide upgrade={upgrade} clusters={clusters} />}
      {state === 'RUNNING' && <Pause upgrade={upgrade} clusters={clusters} />}
      {(state === 'PAUSED' || state === 'HALTED') && (
        <Resume upgrade={upgrade} clusters={clusters} />
      )}
      {['PLANNED', 'AWAITING_APPROVAL', 'RUNNING', 'PAUSED', 'HALTED'].includes(state) && (
        <Abort upgrade={upgrade} clusters={clusters} />
      )}
      {mayRollBack && <RollBack upgrade={upgrade} clusters={clusters} />}
    </>
  );
}

function Start({ upgrade, clusters }: ActionsProps) {
  const start = useDo(StartUpgrade);
  const { findings } = useFindings(upgrade.id);
  if (!findings || clusters.length === 0) return null;
  const { clusters: blocked, isMesh } = blockedBy(findings);
  const isBlocked = blocked > 0 || isMesh;
  return (
    <Confirm
      variant="filled"
      label={isBlocked ? 'Start without the blocked ones' : 'Start'}
      title={`Start the upgrade to ${upgrade.toVersion}?`}
      confirmLabel="Start it"
      isDestructive={false}
      onConfirm={() =>
        start.mutateAsync({ input: { upgradeId: upgrade.id, skipBlocked: isBlocked } })
      }
    >
      <p>
        {counted(clusters.length, 'cluster')} in {counted(upgrade.waveCount, 'wave')}: a second
        istiod beside the first, then workloads restart, a few at one time. It waits for the windows
        of each cluster, and stops by itself where something fails.
      </p>
      {blocked > 0 && (
        <p>
          {counted(blocked, 'cluster')} that something blocks {blocked === 1 ? 'is' : 'are'} left
          out. Mend what the findings say and plan anew to take {blocked === 1 ? 'it' : 'them'}{' '}
          along.
        </p>
      )}
      <p>Where the mesh wants an approval, this asks for it.</p>
    </Confirm>
  );
}

function Decide({ upgrade, clusters }: ActionsProps) {
  const { viewer } = useSession();
  const approve = useDo(ApproveUpgrade);
  const reject = useDo(RejectUpgrade);
  const [why, setWhy] = useState('');
  if (upgrade.createdBy && upgrade.createdBy === viewer.user?.id) {
    return (
      <Text size="sm" c="dimmed" maw={260}>
        You planned it: somebody else has to approve it.
      </Text>
    );
  }
  const input = { upgradeId: upgrade.id };
  return (
    <>
      <Confirm
        variant="filled"
        label="Approve"
        title={`Approve the upgrade to ${upgrade.toVersion}?`}
        confirmLabel="Approve and start"
        isDestructive={false}
        onConfirm={() => approve.mutateAsync({ input })}
      >
        <p>It begins with {counted(clusters.length, 'cluster')}, in their windows.</p>
      </Confirm>
      <Confirm
        label="Refuse"
        title={`Refuse the upgrade to ${upgrade.toVersion}?`}
        confirmLabel="Refuse it"
        onConfirm={() => reject.mutateAsync({ input: { ...input, message: why.trim() } })}
      >
        <p>It ends before it began. Nothing has changed in any cluster.</p>
        <TextInput
          label="Why"
          description="Optional, for whoever planned it"
          maxLength={1000}
          value={why}
          onChange={({ currentTarget }) => setWhy(currentTarget.value)}
        />
      </Confirm>
    </>
  );
}

function Pause({ upgrade }: ActionsProps) {
  const pause = useDo(PauseUpgrade);
  return (
    <Confirm
      label="Pause"
      title="Pause the upgrade?"
      confirmLabel="Pause it"
      isDestructive={false}
      onConfirm={() => pause.mutateAsync({ input: { upgradeId: upgrade.id } })}
    >
      <p>
        Nothing moves until you resume. What restarts already finishes; clusters in the middle keep
        both istiods.
      </p>
    </Confirm>
  );
}

function Resume({ upgrade, clusters }: ActionsProps) {
  const resume = useDo(ResumeUpgrade);
  const { failed } = tallyOf(clusters);
  return (
    <Confirm
      label="Resume"
      title="Resume the upgrade?"
      confirmLabel="Resume it"
      isDestructive={false}
      onConfirm={() => resume.mutateAsync({ input: { upgradeId: upgrade.id } })}
    >
      <p>
        It goes on where it is.
        {failed > 0 && ` ${counted(failed, 'cluster')} that went back will begin anew.`}
      </p>
    </Confirm>
  );
}

function Abort({ upgrade, clusters }: ActionsProps) {
  const abort = useDo(AbortUpgrade);
  const { moving } = tallyOf(clusters);
  const hasBegun = upgrade.startedAt !== null && upgrade.startedAt !== undefined;
  return (
    <Confirm
      label={hasBegun ? 'Abort' : 'Discard'}
      title={hasBegun ? 'Abort the upgrade?' : 'Discard the plan?'}
      confirmLabel={hasBegun ? 'Abort it' : 'Discard it'}
      onConfirm={() => abort.mutateAsync({ input: { upgradeId: upgrade.id } })}
    >
      {hasBegun ? (
        <>
          <p>
            It ends where it is.{' '}
            {moving > 0 &&
              `${counted(moving, 'cluster')} in the middle ${moving === 1 ? 'keeps' : 'keep'} both istiods, until another upgrade brings them to an end.`}
          </p>
          <p>To have back what the clusters had, roll back instead.</p>
        </>
      ) : (
        <p>Nothing has changed in any cluster, and nothing will.</p>
      )}
    </Confirm>
  );
}

function RollBack({ upgrade, clusters }: ActionsProps) {
  const rollBack = useDo(RollBackUpgrade);
  const through = clusters.filter(isThrough).length;
  const { moving } = tallyOf(clusters);
  return (
    <Confirm
      label="Roll back"
      title={`Roll back the upgrade to ${upgrade.toVersion}?`}
      confirmLabel="Roll back"
      typed={upgrade.toVersion}
      onConfirm={() => rollBack.mutateAsync({ input: { upgradeId: upgrade.id } })}
    >
      <p>
        Every cluster that it has touched goes back to the istiod it had: {through} that{' '}
        {through === 1 ? 'is' : 'are'} through, {moving} in the middle. Their workloads restart once
        more.
      </p>
      <p>
        It does not wait for windows. An old istiod that was removed is installed again; CRDs stay
        as they are.
      </p>
    </Confirm>
  );
}
