import { Anchor as TextLink } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { RowsResult } from '../../api/index.js';
import { type Column, Empty, Rows, Status, Time } from '../../parts/index.js';
import type { Anchor, Member } from './members.js';
import { AgentNext, SigningNext } from './next.js';
import { agentLook, agentStateOf, signingLook, signingStateOf, signingStates } from './states.js';

interface ListProps {
  readonly members: RowsResult<Member>;
  readonly anchors: readonly Anchor[];
  /** In ms. */
  readonly now: number;
}

const none = (
  <Empty title="No clusters">
    A cluster gets its certificates when it joins. <Link to="../clusters/new">Add a cluster</Link>{' '}
    first.
  </Empty>
);

function ClusterLink({ member: { cluster } }: { readonly member: Member }) {
  const { meshId } = useParams();
  return (
    <TextLink component={Link} to={`/meshes/${meshId}/clusters/${cluster.id}`} inherit>
      {cluster.name}
    </TextLink>
  );
}

const name: Column<Member> = {
  key: 'cluster',
  title: 'Cluster',
  width: 'minmax(140px, 1.3fr)',
  value: ({ cluster }) => cluster.name,
  cell: (member) => <ClusterLink member={member} />,
};

/** The certificates by which istiods sign. */
export function SigningList({ members, anchors, now }: ListProps) {
  const anchorOf = ({ signing }: Member): string => {
    const anchor = anchors.find(({ id }) => id === signing?.issuerRootId);
    return anchor ? anchor.fingerprint.slice(0, 8) : '—';
  };
  const word = (member: Member): string => signingLook[signingStateOf(member, now)].word;
  const columns: readonly Column<Member>[] = [
    name,
    {
      key: 'word',
      title: 'State',
      width: 'minmax(150px, 1.2fr)',
      value: word,
      cell: (member) => {
        const look = signingLook[signingStateOf(member, now)];
        return <Status tone={look.tone}>{look.word}</Status>;
      },
    },
    {
      key: 'next',
      title: 'What happens next',
      width: 'minmax(200px, 2fr)',
      cell: (member) => <SigningNext member={member} now={now} />,
    },
    {
      key: 'renew',
      title: 'Renew at',
      value: ({ signing }) => (signing ? Date.parse(signing.renewAt) : null),
      cell: ({ signing }) => (signing ? <Time at={signing.renewAt} /> : '—'),
    },
    {
      key: 'ends',
      title: 'Not after',
      value: ({ signing }) => (signing ? Date.parse(signing.notAfter) : null),
      cell: ({ signing }) => (signing ? <Time at={signing.notAfter} /> : '—'),
    },
    {
      key: 'issuer',
      title: 'Issuer',
      width: 'minmax(90px, 0.7fr)',
      value: anchorOf,
      cell: (member) => <span className="hex">{anchorOf(member)}</span>,
    },
    {
      key: 'serial',
      title: 'Serial',
      width: 'minmax(150px, 1.3fr)',
      value: ({ signing }) => signing?.serial,
      cell: ({ signing }) => <span className="hex">{signing?.serial ?? '—'}</span>,
    },
  ];
  const worstFirst = members.rows.toSorted((a, b) => rank(a, now) - rank(b, now));
  return (
    <Rows
      label="Signing certificates"
      of={{ ...members, rows: worstFirst }}
      columns={columns}
      facets={[{ key: 'state', label: 'Any state', value: word }]}
      keyOf={({ cluster }) => cluster.id}
      empty={none}
    />
  );
}

const ranks = new Map(signingStates.map(({ state }, index) => [state, index]));

function rank(member: Member, now: number): number {
  return ranks.get(signingStateOf(member, now)) ?? 0;
}

/** The certificates by which agents call. */
export function AgentList({ members, now }: ListProps) {
  const word = ({ cluster }: Member): string => agentLook[agentStateOf(cluster, now)].word;
  const columns: readonly Column<Member>[] = [
    name,
    {
      key: 'word',
      title: 'State',
      width: 'minmax(130px, 1fr)',
      value: word,
      cell: ({ cluster }) => {
        const look = agentLook[agentStateOf(cluster, now)];
        return <Status tone={look.tone}>{look.word}</Status>;
      },
    },
    {
      key: 'next',
      title: 'What happens next',
      width: 'minmax(200px, 2fr)',
      cell: (member) => <AgentNext member={member} now={now} />,
    },
    {
      key: 'ends',
      title: 'Not after',
      value: ({ cluster: { agentCertificateExpiresAt: end } }) => (end ? Date.parse(end) : null),
      cell: ({ cluster: { agentCertificateExpiresAt: end } }) => (end ? <Time at={end} /> : '—'),
    },
    {
      key: 'recoveries',
      title: 'Came back expired',
      value: ({ cluster }) => cluster.recoveries,
      cell: ({ cluster: { recoveries } }) =>
        recoveries === 0 ? 'never' : recoveries === 1 ? 'once' : `${recoveries} times`,
    },
  ];
  return (
    <Rows
      label="Agents’ certificates"
      of={members}
      columns={columns}
      facets={[{ key: 'state', label: 'Any state', value: word }]}
      keyOf={({ cluster }) => cluster.id}
      sort="ends"
      empty={none}
    />
  );
}
