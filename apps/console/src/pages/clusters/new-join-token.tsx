import { useLocation, useNavigate } from 'react-router';
import { useDo, useMay } from '../../api/index.js';
import { Confirm } from '../../parts/index.js';
import { CreateJoinToken, type JoinState } from './queries.js';

interface NewJoinTokenProps {
  readonly meshId: string;
  readonly cluster: { readonly id: string; readonly name: string; readonly status: string };
  readonly variant?: 'default' | 'filled';
}

/** Makes a join token, and leads to where it is shown. */
export function NewJoinToken({ meshId, cluster, variant = 'default' }: NewJoinTokenProps) {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const create = useDo(CreateJoinToken);
  const may = useMay('OPERATOR');
  const make = async (): Promise<void> => {
    const { createJoinToken } = await create.mutateAsync({ input: { clusterId: cluster.id } });
    const state: JoinState = {
      helmCommand: createJoinToken.helmCommand,
      expiresAt: createJoinToken.joinToken.expiresAt,
    };
    const to = `/meshes/${meshId}/clusters/${cluster.id}/join`;
    navigate(to, { state, replace: pathname === to });
  };
  return (
    <Confirm
      label="Make a new join token"
      title={`A new join token for ${cluster.name}?`}
      confirmLabel="Make the token"
      isDestructive={false}
      variant={variant}
      disabled={!may}
      onConfirm={make}
    >
      <p>
        Join tokens of {cluster.name} that were not used yet are void from then on: a Helm command
        that somebody still has does nothing more.
      </p>
      {cluster.status !== 'PENDING' && (
        <p>
          The agent that runs in the cluster now goes on as it is, until another one joins with the
          new token and takes its place.
        </p>
      )}
      <p>The new token is shown once, is good for an hour, and lets one agent in.</p>
    </Confirm>
  );
}
