import { Agent, errors, request } from 'undici';
import { AddressForbidden, type Destinations } from './destinations.js';

/** How a delivery fared. */
export interface Outcome {
  readonly isDelivered: boolean;
  /** Of HTTP; null if there was no answer. */
  readonly status: number | null;
  /** Why it failed: a stable word, and a sentence. */
  readonly reason: string | null;
  readonly detail: string | null;
  /** When the receiver wants to be asked again. */
  readonly retryAfterMs?: number | undefined;
  /** Nothing is gained by another try. */
  readonly isFinal?: boolean | undefined;
}

const connectMs = 5_000;
/** Of a try, from the first byte to the last. */
export const answerMs = 15_000;
/** What a receiver answers is of no interest; so much may come before it is cut off. */
const mostAnswer = 64 * 1024;
/** Of one origin, over all tenants. */
const mostConnections = 16;
const longestRetryAfterMs = 3_600_000;

/** Posts to whoever somebody named, and trusts nothing of what comes back. */
export class WebhookSender {
  private readonly agents = new Map<string, Agent>();

  constructor(private readonly destinations: Destinations) {}

  async send(address: string, headers: Record<string, string>, body: string): Promise<Outcome> {
    try {
      const url = this.destinations.parse(address);
      const signal = AbortSignal.timeout(answerMs);
      // Follows no redirect: where that leads, nobody has looked at.
      const answer = await request(url, {
        ...{ method: 'POST', headers, body, signal, dispatcher: this.agentFor(url) },
      });
      // So that the connection can be used again; the rest of a long one is not waited for.
      await answer.body.dump({ limit: mostAnswer, signal }).catch(() => undefined);
      return outcomeOf(answer.statusCode, answer.headers['retry-after']);
    } catch (error) {
      return failure(null, ...causeOf(error));
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.agents.values()].map((agent) => agent.destroy()));
  }

  private agentFor(url: URL): Agent {
    let agent = this.agents.get(url.protocol);
    if (!agent) {
      const connect = { timeout: connectMs, lookup: this.destinations.lookupFor(url) };
      agent = new Agent({
        ...{ connect, headersTimeout: answerMs, bodyTimeout: answerMs },
        connections: mostConnections,
      });
      this.agents.set(url.protocol, agent);
    }
    return agent;
  }
}

function outcomeOf(status: number, retryAfter: string | string[] | undefined): Outcome {
  if (status >= 200 && status < 300) {
    return { isDelivered: true, status, reason: null, detail: null };
  }
  if (status >= 300 && status < 400) {
    const detail = `it answered ${status}; redirects are not followed: name the last URL`;
    return failure(status, 'Redirected', detail);
  }
  const seconds = Number(retryAfter);
  const wanted = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
  return {
    ...failure(status, 'Refused', `it answered ${status}`),
    isFinal: status === 410,
    retryAfterMs: wanted && Math.min(wanted, longestRetryAfterMs),
  };
}

function causeOf(error: unknown): [reason: string, detail: string] {
  if (!(error instanceof Error)) return ['Unreachable', 'it could not be reached'];
  const code = 'code' in error ? String(error.code) : '';
  if (error instanceof AddressForbidden || code === 'WEBHOOK_URL_INVALID') {
    return ['NotPublic', 'its name is not known, or leads to no public address'];
  }
  const isLate =
    error.name === 'TimeoutError' ||
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError;
  if (isLate) return ['Timeout', `it did not answer within ${answerMs / 1_000} s`];
  const isTls = code.startsWith('ERR_TLS') || code.includes('CERT') || code.startsWith('ERR_SSL');
  if (isTls) return ['Untrusted', `its certificate is not trusted (${code})`];
  return ['Unreachable', `it could not be reached (${code || error.name})`];
}

export function failure(status: number | null, reason: string, detail: string): Outcome {
  return { isDelivered: false, status, reason, detail };
}
