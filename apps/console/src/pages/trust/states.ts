import type { Tone } from '../../parts/index.js';
import type { Cluster, Member } from './members.js';

/**
 * How a cluster's signing certificate stands. The agent makes a new key at two thirds of the
 * certificate's life and asks; the plane signs. Neither happens while they are out of contact,
 * nor while the cluster is locked.
 */
export type SigningState =
  | 'expired'
  | 'overdue'
  | 'expiring'
  | 'stuck'
  | 'missing'
  | 'renewing'
  | 'issuing'
  | 'waiting'
  | 'valid';

/** From ask to certificate it takes seconds; who takes so much longer has a problem, in ms. */
const renewalMs = 3_600_000;

/** @param now In ms. */
export function signingStateOf({ cluster, signing }: Member, now: number): SigningState {
  const { status } = cluster;
  if (!signing) {
    if (status === 'PENDING') return 'waiting';
    return status === 'CONNECTED' ? 'issuing' : 'missing';
  }
  if (Date.parse(signing.notAfter) <= now) return 'expired';
  const since = now - Date.parse(signing.renewAt);
  if (status === 'CONNECTED')
    return since < 0 ? 'valid' : since < renewalMs ? 'renewing' : 'overdue';
  if (since >= 0) return 'expiring';
  return status === 'OUT_OF_CONTACT' ? 'valid' : 'stuck';
}

/** The worst first; what a group of clusters, and one of them, is called. */
export const signingStates: readonly {
  readonly state: SigningState;
  readonly tone: Tone;
  readonly word: string;
}[] = [
  { state: 'expired', tone: 'bad', word: 'Expired' },
  { state: 'expiring', tone: 'bad', word: 'Expires, not renewed' },
  { state: 'overdue', tone: 'warn', word: 'Renewal overdue' },
  { state: 'stuck', tone: 'warn', word: 'Valid, not renewed' },
  { state: 'missing', tone: 'warn', word: 'None, not asked for' },
  { state: 'renewing', tone: 'busy', word: 'Being renewed' },
  { state: 'issuing', tone: 'busy', word: 'Being issued' },
  { state: 'waiting', tone: 'idle', word: 'Not joined yet' },
  { state: 'valid', tone: 'ok', word: 'Valid' },
];

export const signingLook = Object.fromEntries(
  signingStates.map((look) => [look.state, look]),
) as Readonly<Record<SigningState, (typeof signingStates)[number]>>;

/** How the certificate stands by which an agent calls the hub. It lives a day, and is renewed at half of it. */
export type AgentState = 'lost' | 'locked' | 'expired' | 'unrenewed' | 'none' | 'valid';

/** So long after its end an agent still comes back with it by itself, in ms. */
export const recoveryMs = 30 * 86_400_000;

/** @param now In ms. */
export function agentStateOf(cluster: Cluster, now: number): AgentState {
  const { status, agentCertificateExpiresAt } = cluster;
  if (status === 'LOCKED') return 'locked';
  if (agentCertificateExpiresAt === null) return 'none';
  const left = Date.parse(agentCertificateExpiresAt) - now;
  if (left < -recoveryMs) return 'lost';
  if (left <= 0) return 'expired';
  return status === 'CONNECTED' ? 'valid' : 'unrenewed';
}

export const agentLook: Readonly<
  Record<AgentState, { readonly tone: Tone; readonly word: string }>
> = {
  lost: { tone: 'bad', word: 'Void' },
  locked: { tone: 'bad', word: 'Locked' },
  expired: { tone: 'warn', word: 'Expired' },
  unrenewed: { tone: 'warn', word: 'Not renewed' },
  none: { tone: 'idle', word: 'None yet' },
  valid: { tone: 'ok', word: 'Valid' },
};
