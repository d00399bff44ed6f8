import type { LinkState, ReachabilityLink } from '../../api/generated/graphql.js';
import type { Tone } from '../../parts/index.js';

/** What each link of a route is called. */
export const linkTitles: Readonly<Record<ReachabilityLink, string>> = {
  NAME: 'Name',
  EXPORT: 'Export',
  CONTACT: 'Contact',
  ENDPOINTS: 'Endpoints',
  IMPORT: 'Import',
  NETWORK: 'Network',
  GATEWAY: 'East-west gateway',
  SNI: 'Server name at the gateway (SNI)',
  TRUST: 'Trust',
  SAN: 'Identity of the server (SAN)',
  POLICY: 'Policy',
};

export const linkTones: Readonly<Record<LinkState, Tone>> = {
  OK: 'ok',
  BROKEN: 'bad',
  UNKNOWN: 'warn',
  SKIPPED: 'idle',
};

export const linkWords: Readonly<Record<LinkState, string>> = {
  OK: 'holds',
  BROKEN: 'broken',
  UNKNOWN: 'not known',
  SKIPPED: 'skipped',
};

/** A step that holds, and of which something should be known, has a reason. */
export function toneOf({ state, reason }: { state: LinkState; reason?: string | null }): Tone {
  return state === 'OK' && reason ? 'warn' : linkTones[state];
}

/** A caller and what it calls, as the address has them. */
export interface Question {
  readonly from: string;
  readonly namespace: string;
  readonly account: string;
  readonly to: string;
  /** As typed; empty for any. */
  readonly port: string;
}

export function readQuestion(params: URLSearchParams): Question {
  const at = (key: string): string => params.get(key) ?? '';
  return {
    from: at('from'),
    namespace: at('namespace'),
    account: at('account'),
    to: at('to'),
    port: at('port'),
  };
}

/** Without what is empty, so that an address says what was asked and no more. */
export function writeQuestion(question: Question): URLSearchParams {
  const asked = Object.entries(question).map(([key, value]) => [key, value.trim()] as const);
  return new URLSearchParams(asked.filter(([, value]) => value !== '') as [string, string][]);
}

/** What keeps a question from being asked, by field. */
export function faultsOf(question: Question): Partial<Record<keyof Question, string>> {
  const port = Number(question.port);
  const isPort = Number.isInteger(port) && port >= 1 && port <= 65_535;
  return {
    ...(question.from === '' && { from: 'Choose the cluster of the caller' }),
    ...(question.namespace.trim() === '' && { namespace: 'Name the namespace of the caller' }),
    ...(question.to.trim() === '' && { to: 'Name what is called' }),
    ...(question.port.trim() !== '' && !isPort && { port: '1 to 65535, or empty for any' }),
  };
}

/** `checkout as cart, in cloud`. */
export function callerInWords(question: Question, cluster: string): string {
  const account = question.account.trim() || 'default';
  return `${question.namespace}/${account} in ${cluster}`;
}

interface Step {
  readonly clusterName?: string | null;
}

/** Steps next to each other in one cluster are shown as one stretch of the way. */
export function stretches<Of extends Step>(
  steps: readonly Of[],
): { readonly cluster: string | undefined; readonly steps: Of[] }[] {
  const found: { cluster: string | undefined; steps: Of[] }[] = [];
  for (const step of steps) {
    const cluster = step.clusterName ?? undefined;
    const last = found.at(-1);
    if (last && last.cluster === cluster) last.steps.push(step);
    else found.push({ cluster, steps: [step] });
  }
  return found;
}
