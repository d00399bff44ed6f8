import { Anchor, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import type { RowsResult } from '../../api/index.js';
import {
  counted,
  ErrorNote,
  Panel,
  StageItem,
  Status,
  sentence,
  Time,
  Waiting,
} from '../../parts/index.js';
import { ClusterActions } from './cluster-actions.js';
import type { Upgrade, UpgradeCluster } from './queries.js';
import { bySeverity, hopsInWords, standingOf, stepsOf, waveStanding } from './stages.js';

interface WavesProps {
  readonly upgrade: Upgrade;
  readonly of: RowsResult<UpgradeCluster>;
  onShow(clusterId: string): void;
}

/** The waves in their order, each with how far its clusters are. */
export function Waves({ upgrade, of, onShow }: WavesProps) {
  const byWave = Map.groupBy(of.rows, ({ wave }) => wave);
  return (
    <Panel title="Waves">
      <ErrorNote error={of.error} />
      {of.isPending && !of.error && <Waiting>Reading the clusters</Waiting>}
      {!of.isPending && !of.error && of.rows.length === 0 && (
        <Text size="sm">
          No cluster is in it: they are there already, or something blocks them. See the findings.
        </Text>
      )}
      <ol className="stages">
        {[...byWave]
          .sort(([a], [b]) => a - b)
          .map(([wave, clusters]) => (
            <Wave
              key={wave}
              wave={wave}
              clusters={clusters}
              upgrade={upgrade}
              isOnly={byWave.size === 1}
              onShow={onShow}
            />
          ))}
      </ol>
      {of.isCut && (
        <Text size="sm" c="dimmed">
          There are more clusters: ask the API for them.
        </Text>
      )}
    </Panel>
  );
}

interface WaveProps {
  readonly wave: number;
  readonly clusters: readonly UpgradeCluster[];
  readonly upgrade: Upgrade;
  readonly isOnly: boolean;
  onShow(clusterId: string): void;
}

const fewClusters = 8;
const page = 50;

function Wave({ wave, clusters, upgrade, isOnly, onShow }: WaveProps) {
  const [most, setMost] = useState(page);
  const standing = waveStanding(clusters, upgrade.state);
  const [tone] = standing;
  const isNow = tone === 'busy' || tone === 'bad' || tone === 'warn';
  const shown = bySeverity(clusters).slice(0, most);
  return (
    <StageItem
      title={`Wave ${wave + 1}`}
      standing={standing}
      about={counted(clusters.length, 'cluster')}
      isNow={isNow}
      isOpen={isNow || isOnly || clusters.length <= fewClusters}
    >
      <ul className="upgrade-clusters" aria-label={`Clusters of wave ${wave + 1}`}>
        {shown.map((cluster) => (
          <Cluster key={cluster.cluster.id} of={cluster} upgrade={upgrade} onShow={onShow} />
        ))}
      </ul>
      {shown.length < clusters.length && (
        <Button variant="subtle" size="compact-sm" onClick={() => setMost(most + page)}>
          Show more of {clusters.length}
        </Button>
      )}
    </StageItem>
  );
}

interface ClusterProps {
  readonly of: UpgradeCluster;
  readonly upgrade: Upgrade;
  onShow(clusterId: string): void;
}

function Cluster({ of, upgrade, onShow }: ClusterProps) {
  const { cluster, hops, hop, stage, stageAt, reason, detail } = of;
  const [tone, word] = standingOf(of);
  const hasBegun = stage !== 'PENDING';
  return (
    <li aria-label={cluster.name}>
      <div className="upgrade-cluster">
        <Anchor
          component="button"
          type="button"
          size="sm"
          fw={600}
          aria-haspopup="dialog"
          onClick={() => onShow(cluster.id)}
        >
          {cluster.name}
        </Anchor>
        <Text component="span" size="sm" c="dimmed">
          {hopsInWords(hops)}
          {hops.length > 1 && hasBegun && `, hop ${hop + 1} of ${hops.length}`}
        </Text>
        <Status tone={tone}>{word}</Status>
        {hasBegun && (
          <>
            <Stepper of={of} hasCanaries={upgrade.policy.canaryNamespaces.length > 0} />
            <Text component="span" size="sm" c="dimmed">
              since <Time at={stageAt} />
            </Text>
          </>
        )}
        <Group gap="xs" ml="auto">
          <ClusterActions upgrade={upgrade} of={of} />
        </Group>
      </div>
      {(reason || detail) && (
        <Text size="sm" className={tone === 'bad' ? 'break upgrade-said' : 'break'}>
          {reason && <b>{reason}</b>}
          {reason && detail && ': '}
          {detail && sentence(detail)}
        </Text>
      )}
    </li>
  );
}

interface StepperProps {
  readonly of: UpgradeCluster;
  readonly hasCanaries: boolean;
}

/** How far a cluster is in its hop; a picture of what is said beside it. */
function Stepper({ of, hasCanaries }: StepperProps) {
  const steps = stepsOf(of, hasCanaries);
  const done = steps.filter(({ state }) => state === 'done').length;
  if (steps.length === 0) return null;
  return (
    <span
      className="upgrade-steps"
      role="img"
      aria-label={`${done} of ${steps.length} steps are done`}
    >
      {steps.map(({ name, state }) => (
        <span key={name} className="upgrade-step" data-state={state} title={name} />
      ))}
    </span>
  );
}
