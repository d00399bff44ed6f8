import { Time } from '../../parts/index.js';
import type { Member } from './members.js';
import { agentStateOf, recoveryMs, signingStateOf } from './states.js';

interface NextProps {
  readonly member: Member;
  /** In ms. */
  readonly now: number;
}

const whyNot: Readonly<Record<string, string>> = {
  OUT_OF_CONTACT: 'its agent is out of contact',
  LOCKED: 'the cluster is locked, and nothing is signed for it',
  PENDING: 'its agent has yet to join again',
};

/** What becomes of a cluster's signing certificate, and who has to do something for it. */
export function SigningNext({ member, now }: NextProps) {
  const { cluster, signing } = member;
  const why = whyNot[cluster.status] ?? 'it is not connected';
  switch (signingStateOf(member, now)) {
    case 'expired':
      return (
        <>
          Expired <Time at={signing?.notAfter} />: proxies refuse what its istiod signs.{' '}
          {cluster.status === 'CONNECTED'
            ? 'Its page says what the agent is waiting for.'
            : `Not renewed: ${why}.`}
        </>
      );
    case 'expiring':
      return (
        <>
          Expires <Time at={signing?.notAfter} />: {why}. {remedyOf(cluster.status)}
        </>
      );
    case 'overdue':
      return (
        <>
          Was due <Time at={signing?.renewAt} />, expires <Time at={signing?.notAfter} />. Its page
          says what the agent is waiting for.
        </>
      );
    case 'stuck':
      return (
        <>
          Due <Time at={signing?.renewAt} />, but {why}. Expires <Time at={signing?.notAfter} />.
        </>
      );
    case 'missing':
      return <>Its agent has not asked for one: {why}.</>;
    case 'renewing':
      return <>The agent makes a new key and asks; the plane signs</>;
    case 'issuing':
      return <>The agent makes a key and asks; the plane signs</>;
    case 'waiting':
      return <>Issued by itself once its agent has joined.</>;
    case 'valid':
      return cluster.status === 'CONNECTED' ? (
        <>
          Renewed by itself <Time at={signing?.renewAt} />
        </>
      ) : (
        <>
          Due <Time at={signing?.renewAt} />, if its agent is back by then
        </>
      );
  }
}

function remedyOf(status: string): string {
  if (status === 'LOCKED') return 'Unlock it and join it again.';
  return status === 'PENDING'
    ? 'Join it with a new token.'
    : 'It is renewed as soon as the agent is back.';
}

/** What becomes of the certificate by which its agent calls the hub. */
export function AgentNext({ member: { cluster }, now }: NextProps) {
  const end = cluster.agentCertificateExpiresAt;
  const recoverable = end === null ? null : Date.parse(end) + recoveryMs;
  switch (agentStateOf(cluster, now)) {
    case 'lost':
      return <>The agent cannot come back by it. Make a join token and install it again.</>;
    case 'locked':
      return <>Not accepted while the cluster is locked. Unlock it, then join it again.</>;
    case 'expired':
      return (
        <>
          The agent comes back by itself until <Time at={recoverable} />; then it needs a join
          token.
        </>
      );
    case 'unrenewed':
      return <>Renewed as soon as the agent is in contact again.</>;
    case 'none':
      return <>Issued when the agent joins.</>;
    case 'valid':
      return <>Renewed by itself at half of its day</>;
  }
}
