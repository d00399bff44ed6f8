import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconCircleCheckFilled, IconPlus } from '@tabler/icons-react';
import { useEffect } from 'react';
import { Link, useLocation, useNavigate, useParams } from 'react-router';
import { CopyCode, ErrorNote, PageHead, Panel, RoleNote, Time, useNow } from '../../parts/index.js';
import './clusters.css';
import { Diagnosis, JoiningSteps } from './joining-steps.js';
import { Loading } from './loading.js';
import { NewJoinToken } from './new-join-token.js';
import type { ClusterNode, JoinState } from './queries.js';
import { Unreadable } from './unreadable.js';
import { useCluster } from './use-cluster.js';

export default function JoinPage() {
  const { meshId = '', clusterId = '' } = useParams();
  const { data, error } = useCluster(clusterId);
  const { state, pathname } = useLocation();
  const navigate = useNavigate();
  const join = readState(state);
  const cluster = data?.cluster;
  const now = useNow();
  const isUsed = cluster !== undefined && isStepDone(cluster, 'JOINED');
  const isExpired = join !== undefined && Date.parse(join.expiresAt) <= now;
  const isOver = join !== undefined && (isUsed || isExpired);
  // The browser keeps what goes with an address; what was used, or is void, need not lie there.
  useEffect(() => {
    if (isOver) navigate(pathname, { replace: true, state: null });
  }, [isOver, navigate, pathname]);
  if (!cluster) return error ? <Unreadable meshId={meshId} error={error} /> : <Loading />;
  const { joining } = cluster;
  const base = `/meshes/${meshId}`;
  return (
    <>
      <PageHead
        title={joining.done ? `${cluster.name} has joined` : `Join ${cluster.name}`}
        about={`Network ${cluster.network}, ${cluster.locality}`}
        above={[
          ['Fleet', `${base}/fleet`],
          [cluster.name, `${base}/clusters/${cluster.id}`],
        ]}
      />
      <ErrorNote error={error} mb="md" />
      <Diagnosis joining={joining} />
      {joining.done && <Joined cluster={cluster} base={base} />}
      <div className="join">
        <Stack gap="md" miw={0}>
          {!isUsed && cluster.status !== 'REMOVED' && (
            <Command meshId={meshId} cluster={cluster} join={join} />
          )}
        </Stack>
        <Panel title={joining.done ? 'How it joined' : 'How it joins'}>
          {!joining.done && (
            <Text size="sm" c="dimmed" mb="sm">
              This turns green by itself. You may leave the page; the cluster joins all the same.
            </Text>
          )}
          <JoiningSteps joining={joining} />
        </Panel>
      </div>
    </>
  );
}

function isStepDone({ joining }: ClusterNode, step: string): boolean {
  return joining.steps.some(({ name, state }) => name === step && state === 'DONE');
}

function readState(state: unknown): JoinState | undefined {
  const { helmCommand, expiresAt } = (state ?? {}) as Partial<JoinState>;
  return helmCommand && expiresAt ? { helmCommand, expiresAt } : undefined;
}

interface CommandProps {
  readonly meshId: string;
  readonly cluster: ClusterNode;
  readonly join: JoinState | undefined;
}

function Command({ meshId, cluster, join }: CommandProps) {
  if (!join) {
    return (
      <Panel title="Helm command">
        <Stack gap="sm" align="flex-start">
          <Text size="sm">
            The Helm command is shown once, when its join token is made, since whoever has the token
            can join in the cluster’s name; the token is good for an hour. If you have it still, run
            it. If not, make a new one.
          </Text>
          <NewJoinToken meshId={meshId} cluster={cluster} variant="filled" />
          <RoleNote needs="OPERATOR" what="Making join tokens" />
        </Stack>
      </Panel>
    );
  }
  return (
    <Panel title="Run this once, in the cluster">
      <Stack gap="sm">
        <Text size="sm">
          With the kubeconfig of {cluster.name}, and Helm 3 or newer. It installs the agent into the
          namespace isthmus-system; the agent calls out to the hub, and nothing calls in.
        </Text>
        <CopyCode code={join.helmCommand} label="Helm command" />
        <Text size="sm" c="dimmed">
          Its join token lets one agent in, and expires <Time at={join.expiresAt} />. It is a
          secret, and is shown this once.
        </Text>
        <Group>
          <NewJoinToken meshId={meshId} cluster={cluster} />
        </Group>
      </Stack>
    </Panel>
  );
}

/** What to do when all is done. */
function Joined({ cluster, base }: { readonly cluster: ClusterNode; readonly base: string }) {
  return (
    <Alert
      mb="md"
      color="green"
      variant="light"
      icon={<IconCircleCheckFilled />}
      title={`${cluster.name} is part of the mesh`}
    >
      <Stack gap="sm">
        <Text size="sm">
          What it exports is reachable from the other clusters, and theirs from it. Services are
          exported by a ServiceExport, or by an export policy of the mesh.
        </Text>
        <Group gap="xs">
          <Button component={Link} to={`${base}/clusters/${cluster.id}`}>
            See the cluster
          </Button>
          <Button component={Link} to={`${base}/services`} variant="default">
            See the services
          </Button>
          <Button
            component={Link}
            to={`${base}/clusters/new`}
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
          >
            Add another cluster
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
