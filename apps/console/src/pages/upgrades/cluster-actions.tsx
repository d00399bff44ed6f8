import { graphql, useDo, useMay } from '../../api/index.js';
import { Confirm } from '../../parts/index.js';
import type { Upgrade, UpgradeCluster } from './queries.js';

const RetryCluster = graphql(`
  mutation RetryCluster($input: RetryUpgradeClusterInput!) {
    retryUpgradeCluster(input: $input) {
      upgrade {
        id
      }
    }
  }
`);

const SkipCluster = graphql(`
  mutation SkipCluster($input: SkipUpgradeClusterInput!) {
    skipUpgradeCluster(input: $input) {
      upgrade {
        id
      }
    }
  }
`);

interface ClusterActionsProps {
  readonly upgrade: Upgrade;
  readonly of: UpgradeCluster;
}

/** What can be done with one cluster of an upgrade, as long as it can. */
export function ClusterActions({ upgrade, of }: ClusterActionsProps) {
  const retry = useDo(RetryCluster);
  const skip = useDo(SkipCluster);
  const mayAct = useMay('OPERATOR');
  const isOpen = ['RUNNING', 'PAUSED', 'HALTED'].includes(upgrade.state);
  const wentBack = of.stage === 'ROLLED_BACK';
  if (!mayAct || !isOpen || !(wentBack || of.stage === 'PENDING')) return null;
  const { id, name } = of.cluster;
  const input = { upgradeId: upgrade.id, clusterId: id };
  return (
    <>
      {wentBack && (
        <Confirm
          label="Retry"
          aria-label={`Retry ${name}`}
          size="compact-sm"
          title={`Have ${name} begin anew?`}
          confirmLabel={`Retry ${name}`}
          isDestructive={false}
          onConfirm={() => retry.mutateAsync({ input })}
        >
          <p>
            It is looked at first, as all clusters are.
            {upgrade.state === 'HALTED' && ' The upgrade goes on with it.'}
          </p>
          {of.reason && <p>Before it went back for {of.reason}: mend that first.</p>}
        </Confirm>
      )}
      <Confirm
        label="Leave out"
        aria-label={`Leave out ${name}`}
        size="compact-sm"
        title={`Leave ${name} out?`}
        confirmLabel={`Leave ${name} out`}
        onConfirm={() => skip.mutateAsync({ input })}
      >
        <p>
          It keeps what it has.
          {upgrade.state === 'HALTED' && ' The upgrade goes on with the others.'} Another upgrade
          can take it along later.
        </p>
      </Confirm>
    </>
  );
}
