import { Anchor, Progress, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { graphql, useApi } from '../../api/index.js';
import { counted, ErrorNote, Panel, StageItem, Status, type Tone } from '../../parts/index.js';
import { standingOf } from './cluster-state.js';
import { lookMs, type Rollout } from './queries.js';

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

/** The API gives so many nodes at once. */
const nodesAtOnce = 100;

/** The trial and the waves in their order, each with its clusters. */
export function Stages({ rollout }: { readonly rollout: Rollout }) {
  return (
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
  );
}

/** How far the dry runs are. */
function trialOf({ state, stage }: Rollout): readonly [Tone, string] {
  if (state === 'QUEUED') return ['idle', 'To come'];
  if (stage !== 'TRIAL' || state === 'COMPLETED') return ['ok', 'Passed'];
  return standing(state, 'Trying');
}

/** How far a wave is. */
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

function Stage({ title, standing, about, ids, rollout, wave }: StageProps) {
  const [tone] = standing;
  const isNow = tone === 'busy' || tone === 'bad';
  return (
    <StageItem
      title={title}
      standing={standing}
      about={about}
      isNow={isNow}
      isOpen={isNow || ids.length <= 6}
    >
      <WaveClusters ids={ids} rollout={rollout} wave={wave} isNow={isNow} />
    </StageItem>
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
