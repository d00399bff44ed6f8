import type { Tone } from './status.js';
import { counted, reasonTitle } from './words.js';

/** What the API says of a cluster, as far as its health follows from it. */
export interface ClusterState {
  readonly status: 'PENDING' | 'CONNECTED' | 'OUT_OF_CONTACT' | 'LOCKED' | 'REMOVED';
  readonly lockReason?: string | null;
  readonly heldRemovals: readonly string[];
  readonly conditions: readonly {
    readonly type: string;
    readonly reason: string;
    readonly message: string;
  }[];
  readonly configuration?: {
    readonly number?: number | null;
    readonly objects: number;
    readonly stored: number;
    readonly pending: number;
    readonly refused: number;
    readonly unaccepted: number;
    readonly current: boolean;
    readonly live: 'UNKNOWN' | 'PENDING' | 'YES' | 'REFUSED';
    readonly liveMessage?: string | null;
  } | null;
  readonly joining: {
    readonly done: boolean;
    readonly steps: readonly {
      readonly name: string;
      readonly state: 'DONE' | 'ACTIVE' | 'WAITING' | 'FAILED';
      readonly reason?: string | null;
      readonly message: string;
      readonly remedy?: string | null;
    }[];
  };
  readonly signingCertificate?: { readonly notAfter: string; readonly renewAt: string } | null;
}

/** Something that somebody should do something about. */
interface Problem {
  readonly tone: 'bad' | 'warn';
  /** A few words. */
  readonly title: string;
  readonly message: string;
  readonly remedy?: string | null | undefined;
}

/** How well a cluster is, in one word, and why. */
export interface Health {
  readonly tone: Tone;
  readonly word: string;
  /** The worst first. */
  readonly problems: readonly Problem[];
}

/** How a cluster stands with the plane, in a word. */
export const statusWords: Readonly<Record<ClusterState['status'], string>> = {
  PENDING: 'Pending',
  CONNECTED: 'Connected',
  OUT_OF_CONTACT: 'Out of contact',
  LOCKED: 'Locked',
  REMOVED: 'Removed',
};

export const statusTones: Readonly<Record<ClusterState['status'], Tone>> = {
  PENDING: 'idle',
  CONNECTED: 'ok',
  OUT_OF_CONTACT: 'warn',
  LOCKED: 'bad',
  REMOVED: 'idle',
};

/** What of a condition's is told by a step of joining too, with a remedy. */
const stepOf: Readonly<Record<string, string>> = {
  Permitted: 'PERMITTED',
  IstioMissing: 'ISTIO',
  DataPlaneUnsupported: 'ISTIO',
  NetworkMismatch: 'NETWORK',
};

/**
 * How well a cluster is. What an agent said last is no news of a cluster that is out of contact,
 * so of such a one only that is told, and what the plane knows by itself.
 *
 * @param now In ms.
 */
export function healthOf(cluster: ClusterState, now: number): Health {
  const { status, configuration } = cluster;
  if (status === 'REMOVED') return { tone: 'idle', word: statusWords.REMOVED, problems: [] };
  const problems = problemsOf(cluster, now).sort((a, b) => rank(a) - rank(b));
  if (status === 'LOCKED') return { tone: 'bad', word: statusWords.LOCKED, problems };
  if (status === 'OUT_OF_CONTACT') {
    const isBad = problems.some(({ tone }) => tone === 'bad');
    return { tone: isBad ? 'bad' : 'warn', word: statusWords.OUT_OF_CONTACT, problems };
  }
  const [first] = problems;
  if (first) {
    const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
    return { tone: first.tone, word: `${first.title}${more}`, problems };
  }
  if (status === 'PENDING') {
    const hasCalled = cluster.joining.steps.some(
      ({ name, state }) => name === 'CALLED' && state === 'DONE',
    );
    return hasCalled
      ? { tone: 'busy', word: 'Joining', problems }
      : { tone: 'idle', word: 'Waits for its agent', problems };
  }
  if (!cluster.joining.done) return { tone: 'busy', word: 'Joining', problems };
  if (configuration && isUnderWay(configuration)) {
    const release = typeof configuration.number === 'number' ? ` ${configuration.number}` : '';
    return { tone: 'busy', word: `Takes release${release}`, problems };
  }
  return { tone: 'ok', word: statusWords.CONNECTED, problems };
}

function isUnderWay({
  objects,
  current,
  pending,
  live,
}: NonNullable<ClusterState['configuration']>): boolean {
  return objects > 0 && (!current || pending > 0 || live === 'PENDING');
}

function rank({ tone }: Problem): number {
  return tone === 'bad' ? 0 : 1;
}

function problemsOf(cluster: ClusterState, now: number): Problem[] {
  const { status, lockReason, heldRemovals, joining } = cluster;
  const problems: Problem[] = [];
  const add = (
    tone: Problem['tone'],
    title: string,
    message: string,
    remedy?: string | null,
  ): void => {
    problems.push({ tone, title, message, remedy });
  };
  if (status === 'LOCKED') {
    const message = lockReason ?? 'two agents held its identity';
    add('bad', 'Locked', message, 'stop the agent that should not be there, then unlock it');
  }
  const isHeard = status === 'CONNECTED' || status === 'PENDING';
  if (status !== 'LOCKED') {
    for (const { name, state, reason, message, remedy } of joining.steps) {
      // That it is out of contact is its status already.
      const isKnown = name === 'CONNECTED' && status === 'OUT_OF_CONTACT';
      if (state === 'FAILED' && !isKnown) add('bad', stepTitle(name), message, remedy);
      // A command that was not run yet, or a token that lies unused, is no problem of the mesh.
      else if (reason && state === 'DONE' && isHeard) {
        add('warn', reasonTitle(reason), message, remedy);
      } else if (reason && state === 'ACTIVE' && isHeard && name !== 'CALLED') {
        add('warn', reasonTitle(reason), message, remedy);
      }
    }
  }
  if (status === 'CONNECTED') problems.push(...reportedProblems(cluster));
  if (heldRemovals.length > 0) {
    add(
      'warn',
      `${counted(heldRemovals.length, 'removal')} held`,
      'so much vanished at once that nothing was taken away yet',
      'see what it is, and release it if it is meant',
    );
  }
  problems.push(...certificateProblems(cluster, now));
  return problems;
}

/** What its agent says of it. */
function reportedProblems({ conditions, configuration, joining }: ClusterState): Problem[] {
  const failed = new Set(
    joining.steps.flatMap(({ name, state }) => (state === 'FAILED' ? [name] : [])),
  );
  const problems: Problem[] = conditions
    .filter(({ type }) => !failed.has(stepOf[type] ?? ''))
    .map(({ type, message }) => ({ tone: 'bad', title: reasonTitle(type), message }));
  if (!configuration) return problems;
  const { refused, unaccepted, live, liveMessage } = configuration;
  if (refused > 0) {
    const message = `the API server refused ${counted(refused, 'object')} of the release`;
    problems.push({ tone: 'bad', title: `${counted(refused, 'object')} refused`, message });
  }
  if (unaccepted > 0) {
    const message = `a controller did not accept ${counted(unaccepted, 'object')} of the release`;
    problems.push({ tone: 'bad', title: `${counted(unaccepted, 'object')} not accepted`, message });
  }
  if (live === 'REFUSED') {
    const message = liveMessage ?? 'a proxy refused what istiod sent it';
    problems.push({ tone: 'bad', title: 'A proxy refused', message });
  }
  return problems;
}

/** One that is not renewed when it is due is told of before it ends. */
function certificateProblems({ signingCertificate }: ClusterState, now: number): Problem[] {
  if (!signingCertificate) return [];
  const notAfter = Date.parse(signingCertificate.notAfter);
  const renewAt = Date.parse(signingCertificate.renewAt);
  const remedy = 'see why its agent asks for no new one: is it connected, does it log an error?';
  if (now >= notAfter) {
    const message =
      'its istiod signs with a certificate that has ended: workloads get none that others trust';
    return [{ tone: 'bad', title: 'Signing certificate ended', message, remedy }];
  }
  // Between the two it tries again and again; half way something is wrong.
  if (now < (renewAt + notAfter) / 2) return [];
  const message = 'the certificate with which its istiod signs was due to be renewed, and was not';
  return [{ tone: 'warn', title: 'Signing certificate not renewed', message, remedy }];
}

const stepTitles: Readonly<Record<string, string>> = {
  HELM_COMMAND: 'Join token expired',
  CALLED: 'Agent is silent',
  JOINED: 'Agent is refused',
  CONNECTED: 'Cannot connect',
  READ: 'Cannot be read',
  PERMITTED: 'Permission missing',
  ISTIO: 'Istio missing',
  NETWORK: 'Network differs',
  TRUSTED: 'Not trusted',
};

function stepTitle(name: string): string {
  return stepTitles[name] ?? reasonTitle(name);
}

/** The certificate of a cluster that ends first; null if it has none. */
export function firstExpiry(cluster: {
  readonly signingCertificate?: { readonly notAfter: string } | null;
  readonly agentCertificateExpiresAt?: string | null;
}): { readonly of: 'signing' | 'agent'; readonly at: string } | null {
  const signing = cluster.signingCertificate?.notAfter;
  const agent = cluster.agentCertificateExpiresAt;
  if (signing && (!agent || Date.parse(signing) <= Date.parse(agent))) {
    return { of: 'signing', at: signing };
  }
  return agent ? { of: 'agent', at: agent } : null;
}
