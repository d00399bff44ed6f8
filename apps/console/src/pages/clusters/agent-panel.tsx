import { Anchor, Button, Code, Skeleton, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { ClusterAgentQuery } from '../../api/generated/graphql.js';
import { graphql, useApi, useDo, useMay } from '../../api/index.js';
import { AgentStatus, ErrorNote, Facts, hasTold, Panel, sentence } from '../../parts/index.js';
import type { TabProps } from './tab.js';

const ClusterAgent = graphql(`
  query ClusterAgent($id: ID!) {
    cluster(id: $id) {
      id
      agent {
        version
        image
        wanted
        state
        reason
        message
      }
    }
  }
`);

const RetryAgent = graphql(`
  mutation RetryAgent($input: RetryAgentUpgradeInput!) {
    retryAgentUpgrade(input: $input) {
      cluster {
        id
      }
    }
  }
`);

type Agent = NonNullable<ClusterAgentQuery['cluster']['agent']>;

/** That a window opens, or that nothing is heard any more, rings nothing: it is asked, in ms. */
const askMs = 10_000;

/** The agent of a cluster: what it is, and how it gets to the version that the mesh wants. */
export function AgentPanel({ cluster, meshId }: TabProps) {
  const { data, error } = useApi(
    ClusterAgent,
    { id: cluster.id },
    {
      everyMs: (known) => {
        const state = known?.cluster.agent?.state;
        return state === 'WAITING' || state === 'UPGRADING' ? askMs : undefined;
      },
    },
  );
  if (!data && !error) return <Skeleton height={120} />;
  const agent = data?.cluster.agent;
  // That of a cluster that was removed is none of the mesh's.
  if (!agent && !error) return null;
  return (
    <Panel title="Agent">
      <Stack gap="sm">
        <ErrorNote error={error} />
        {agent && <AgentFacts of={agent} meshId={meshId} />}
        {agent?.state === 'MANUAL' && hasTold(agent) && <ByHand wanted={agent.wanted} />}
        {agent?.state === 'FAILED' && <Retry id={cluster.id} wanted={agent.wanted} />}
      </Stack>
    </Panel>
  );
}

function AgentFacts({ of, meshId }: { readonly of: Agent; readonly meshId: string }) {
  const { version, image, wanted, reason, message } = of;
  return (
    <Facts
      of={[
        ['Version', version],
        ['Image', image],
        [
          'Wanted',
          <Anchor
            key="wanted"
            component={Link}
            to={`/meshes/${meshId}/upgrades?tab=settings`}
            inherit
            underline="always"
          >
            {wanted ?? 'no version: it stays as it was installed'}
          </Anchor>,
        ],
        ['State', <AgentStatus key="state" of={of} />],
        ...(hasTold(of) && (reason || message)
          ? ([
              [
                'Why',
                <span key="why">
                  {message && sentence(message)} {reason && <Code className="code">{reason}</Code>}
                </span>,
              ],
            ] as const)
          : []),
      ]}
    />
  );
}

interface WantedProps {
  readonly wanted: Agent['wanted'];
}

/** What somebody has to do about an agent that may not change its own image. */
function ByHand({ wanted }: WantedProps) {
  const command = 'helm upgrade isthmus-agent <chart> -n isthmus-system --reset-then-reuse-values';
  return (
    <div className="remedy">
      <Text size="sm" fw={600}>
        What to do
      </Text>
      <p>
        Upgrade it by its chart, that of the Helm command, with image.digest too where the mesh
        wants one:
      </p>
      <Code block className="code wrap">{`${command} --set image.tag=${wanted}`}</Code>
      <p>Or let it upgrade itself from then on:</p>
      <Code block className="code wrap">{`${command} --set selfUpgrade.enabled=true`}</Code>
    </div>
  );
}

interface RetryProps extends WantedProps {
  readonly id: string;
}

function Retry({ id, wanted }: RetryProps) {
  const retry = useDo(RetryAgent);
  const mayAct = useMay('OPERATOR');
  return (
    <>
      <Text size="sm">
        It goes on as it was, and no other agent of the mesh begins. When what failed is mended,
        have it try {wanted} once more; the others follow.
      </Text>
      <ErrorNote error={retry.error} />
      {mayAct && (
        <div>
          <Button
            variant="default"
            loading={retry.isPending}
            onClick={() => retry.mutate({ input: { clusterId: id } })}
          >
            Retry the agent
          </Button>
        </div>
      )}
    </>
  );
}
