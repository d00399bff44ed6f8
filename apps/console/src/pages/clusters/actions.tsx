import { useNavigate } from 'react-router';
import { graphql, useDo, useMay } from '../../api/index.js';
import { Confirm, counted } from '../../parts/index.js';
import { NewJoinToken } from './new-join-token.js';
import type { ClusterNode } from './queries.js';

const UnlockCluster = graphql(`
  mutation UnlockCluster($input: UnlockClusterInput!) {
    unlockCluster(input: $input) {
      cluster {
        id
        status
      }
    }
  }
`);

const ReleaseHeldRemovals = graphql(`
  mutation ReleaseHeldRemovals($input: ReleaseHeldRemovalsInput!) {
    releaseHeldRemovals(input: $input) {
      cluster {
        id
        heldRemovals
      }
    }
  }
`);

const RemoveCluster = graphql(`
  mutation RemoveCluster($input: RemoveClusterInput!) {
    removeCluster(input: $input) {
      cluster {
        id
      }
    }
  }
`);

interface ActionsProps {
  readonly cluster: ClusterNode;
  readonly meshId: string;
}

/** What can be done with a cluster as a whole. */
export function Actions({ cluster, meshId }: ActionsProps) {
  const navigate = useNavigate();
  const may = useMay('OPERATOR');
  const unlock = useDo(UnlockCluster);
  const release = useDo(ReleaseHeldRemovals);
  const remove = useDo(RemoveCluster);
  const { id, name, status, heldRemovals, lockReason } = cluster;
  const input = { clusterId: id };
  if (status === 'REMOVED' || !may) return null;
  return (
    <>
      {heldRemovals.length > 0 && (
        <Confirm
          label="Release held removals"
          title={`Release ${counted(heldRemovals.length, 'removal')}?`}
          confirmLabel={`Take ${heldRemovals.length === 1 ? 'it' : 'them'} out of ${name}`}
          onConfirm={() => release.mutateAsync({ input })}
        >
          <p>
            So much vanished from the mesh at once, without anybody having withdrawn it, that {name}{' '}
            keeps it. Released, it is taken out of {name} too; calls to services among it fail
            there:
          </p>
          <HeldRemovals of={heldRemovals} />
        </Confirm>
      )}
      {status === 'LOCKED' && (
        <Confirm
          label="Unlock"
          title={`Unlock ${name}?`}
          confirmLabel={`Unlock ${name}`}
          onConfirm={() => unlock.mutateAsync({ input })}
        >
          <p>Why it is locked: {lockReason ?? 'no reason was given'}.</p>
          <p>
            All certificates that its agents have had until now are void. Stop the agent that should
            not be there first; then make a new join token, and run its Helm command in {name}.
          </p>
        </Confirm>
      )}
      <NewJoinToken meshId={meshId} cluster={cluster} />
      <Confirm
        label="Remove"
        title={`Remove ${name}?`}
        confirmLabel={`Remove ${name}`}
        typed={name}
        onConfirm={async () => {
          await remove.mutateAsync({ input });
          navigate(`/meshes/${meshId}/fleet`);
        }}
      >
        <p>
          {name} leaves the mesh: its agent is turned away, its certificates and join tokens are
          void, and other clusters can no longer reach what it exports. This cannot be undone; it
          can be registered anew.
        </p>
        <p>
          What was written into {name} stays, so that what runs there goes on, until you uninstall
          the agent: <code>helm uninstall isthmus-agent -n isthmus-system</code>.
        </p>
      </Confirm>
    </>
  );
}

/** What the mass-delete guard holds back. */
export function HeldRemovals({ of }: { readonly of: readonly string[] }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of names, not of fields
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <div className="cluster-list-scroll" role="group" aria-label="Names" tabIndex={0}>
      <ul className="cluster-list">
        {of.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
    </div>
  );
}
