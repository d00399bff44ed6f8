import { Alert, Group, Progress, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useParams } from 'react-router';
import { noRows, useApi, useRows } from '../../api/index.js';
import {
  Actor,
  counted,
  Empty,
  ErrorNote,
  Facts,
  PageHead,
  Panel,
  RoleNote,
  reasonTitle,
  sentence,
  Time,
  useAddress,
  Waiting,
} from '../../parts/index.js';
import { Actions } from './actions.js';
import { ClusterDrawer } from './cluster-drawer.js';
import { Findings } from './findings-panel.js';
import { lasting } from './lasting.js';
import { PolicyInWords } from './policy-editor.js';
import {
  lookMs,
  type Upgrade,
  type UpgradeCluster,
  UpgradeClusters,
  UpgradeView,
} from './queries.js';
import { shareOf, tallyOf } from './stages.js';
import { Timeline } from './timeline.js';
import { PlannedBy, UpgradeStatus } from './upgrade-status.js';
import './upgrades.css';
import { Waves } from './waves.js';

export default function UpgradePage() {
  const { meshId = '', upgradeId = '' } = useParams();
  const above = [['Upgrades', `/meshes/${meshId}/upgrades`]] as const;
  const { data, error, isPending } = useApi(
    UpgradeView,
    { id: upgradeId },
    { everyMs: (known) => (isMoving(upgradeOf(known?.node)) ? lookMs : undefined) },
  );
  const upgrade = upgradeOf(data?.node);
  const clusters = useRows(
    UpgradeClusters,
    { id: upgradeId },
    ({ node }) => (node && 'clusters' in node ? node.clusters : noRows),
    { enabled: !!upgrade },
  );
  const [params, setAddress] = useAddress();
  if (!upgrade) {
    if (isPending) return <Waiting>Reading the upgrade</Waiting>;
    return (
      <>
        <PageHead title="Upgrade" above={above} />
        <ErrorNote error={error} />
        {!error && (
          <Empty title="There is no such upgrade">It may be another mesh’s: see the list.</Empty>
        )}
      </>
    );
  }
  const shown = clusters.rows.find(({ cluster }) => cluster.id === params.get('cluster'));
  const isPlan = upgrade.state === 'PLANNED' || upgrade.state === 'AWAITING_APPROVAL';
  return (
    <>
      <PageHead
        title={`Upgrade to Istio ${upgrade.toVersion}`}
        above={above}
        about={upgrade.message || undefined}
      >
        <Actions upgrade={upgrade} clusters={clusters.rows} />
      </PageHead>
      <Stack>
        <RoleNote needs="OPERATOR" what="Starting, pausing and taking back" />
        <ErrorNote error={error} />
        {upgrade.state === 'HALTED' && <Halted upgrade={upgrade} />}
        {upgrade.state === 'REJECTED' && upgrade.detail && (
          <Alert color="orange" variant="light" icon={<IconAlertTriangle />} title="It was refused">
            <Text size="sm">{sentence(upgrade.detail)}</Text>
          </Alert>
        )}
        <Overview upgrade={upgrade} clusters={clusters.rows} isPlan={isPlan} />
        {isPlan && <Findings id={upgrade.id} meshId={meshId} isPlan />}
        <Waves
          upgrade={upgrade}
          of={clusters}
          onShow={(id) => setAddress({ cluster: id }, { isStep: true })}
        />
        {!isPlan && <Findings id={upgrade.id} meshId={meshId} isPlan={false} />}
        <Timeline id={upgrade.id} />
      </Stack>
      <ClusterDrawer
        upgrade={upgrade}
        of={shown}
        meshId={meshId}
        onClose={() => setAddress({ cluster: '' })}
      />
    </>
  );
}

function upgradeOf(node: { readonly id: string } | null | undefined): Upgrade | undefined {
  return node && 'toVersion' in node ? (node as Upgrade) : undefined;
}

function isMoving(upgrade: Upgrade | undefined): boolean {
  return upgrade?.state === 'RUNNING' || upgrade?.state === 'ROLLING_BACK';
}

interface OverviewProps {
  readonly upgrade: Upgrade;
  readonly clusters: readonly UpgradeCluster[];
  readonly isPlan: boolean;
}

function Overview({ upgrade, clusters, isPlan }: OverviewProps) {
  const { state, estimate } = upgrade;
  const { through, failed, moving, toCome, leftOut } = tallyOf(clusters);
  const share = shareOf(clusters);
  const counts = [
    `${through} through`,
    moving > 0 ? `${moving} under way` : '',
    failed > 0 ? `${failed} ${backWords[state] ?? 'failed'}` : '',
    toCome > 0 ? `${toCome} to come` : '',
    leftOut > 0 ? `${leftOut} left out` : '',
  ];
  return (
    <Panel title={isPlan ? 'Plan' : 'Progress'}>
      <Stack gap="md">
        <Group gap="xl" align="flex-end">
          <UpgradeStatus state={state} />
          {!isPlan && (
            <div className="upgrade-bar" aria-live="polite">
              <Text size="sm">
                {counted(clusters.length, 'cluster')}: {counts.filter(Boolean).join(', ')}
              </Text>
              <Progress
                value={share}
                color={state === 'HALTED' ? 'red' : state === 'PAUSED' ? 'orange' : undefined}
                striped={isMoving(upgrade)}
                animated={isMoving(upgrade)}
                aria-label="Progress of the upgrade"
              />
            </div>
          )}
        </Group>
        <Facts
          of={[
            [
              isPlan ? 'Would take' : 'Time left',
              estimate
                ? estimateInWords(estimate.secondsLeft, upgrade.policy.graceSeconds)
                : 'nothing',
            ],
            ...(estimate && !isPlan
              ? ([['Ends about', <Time key="ends" at={estimate.finishesAt} />]] as const)
              : []),
            ['Clusters', `${clusters.length} in ${counted(upgrade.waveCount, 'wave')}`],
            ['Planned by', <PlannedBy key="by" of={upgrade} />],
            ['Planned', <Time key="planned" at={upgrade.createdAt} />],
            ...(upgrade.decidedAt
              ? ([
                  [
                    upgrade.state === 'REJECTED' ? 'Refused by' : 'Approved by',
                    <span key="decided">
                      <Actor id={upgrade.decidedBy} />, <Time at={upgrade.decidedAt} />
                    </span>,
                  ],
                ] as const)
              : []),
            ...(upgrade.startedAt
              ? ([['Began', <Time key="began" at={upgrade.startedAt} />]] as const)
              : []),
            ...(upgrade.finishedAt
              ? ([['Ended', <Time key="ended" at={upgrade.finishedAt} />]] as const)
              : []),
            ['How', <PolicyInWords key="how" policy={upgrade.policy} />],
          ]}
        />
      </Stack>
    </Panel>
  );
}

/** Clusters that go back where that is what is wanted. */
const backWords: Readonly<Partial<Record<Upgrade['state'], string>>> = {
  ROLLING_BACK: 'going back',
  ROLLED_BACK: 'went back',
};

function estimateInWords(secondsLeft: number, graceSeconds: number): string {
  if (graceSeconds === 0 || secondsLeft <= graceSeconds) return `about ${lasting(secondsLeft)}`;
  const through = lasting(secondsLeft - graceSeconds);
  return `about ${through}, and ${lasting(graceSeconds)} in which old istiods stay, unused`;
}

/** Why it stopped by itself, and the ways on. */
function Halted({ upgrade }: { readonly upgrade: Upgrade }) {
  const { reason, detail, toVersion } = upgrade;
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertTriangle />}
      title={`It halted: ${reason ? reasonTitle(reason).toLowerCase() : 'for an unknown reason'}`}
      role="alert"
    >
      <Text size="sm" className="break">
        {detail && sentence(detail)}
      </Text>
      <Text size="sm" component="div">
        What to do:
        <ul className="upgrade-words">
          <li>
            Where the cluster was wrong: mend it, and have it begin anew (Retry, in the wave below).
          </li>
          <li>Where it can wait: leave it out, and the others go on.</li>
          <li>Where {toVersion} is wrong: roll back, and every cluster has again what it had.</li>
        </ul>
        A cluster that failed went back by itself; all others are as they were.
      </Text>
    </Alert>
  );
}
