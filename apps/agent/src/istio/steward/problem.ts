import { State } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import { KubeError } from '../../kube/client.js';

/** Why a wish is not fulfilled yet, as the fact tells it. */
export interface Held {
  readonly state: State.STATE_PENDING | State.STATE_REFUSED;
  /** Stable. */
  readonly reason: string;
  readonly message: string;
}

export const pending = (reason: string, message: string): Held => ({
  state: State.STATE_PENDING,
  reason,
  message,
});
export const refused = (reason: string, message: string): Held => ({
  state: State.STATE_REFUSED,
  reason,
  message,
});

/** Something that cannot be done as things are. */
export class TaskError extends Error {
  override readonly name = 'TaskError';

  constructor(
    /** Stable, such as `ChartNotFound`. */
    readonly reason: string,
    message: string,
    /** Whether it may be done later without anybody changing anything. */
    readonly transient = false,
  ) {
    super(message);
  }
}

const mostMessage = 1_000;

/** What an error of a task is in the fact: the words of Helm or of the API server. */
export function heldBy(error: unknown): Held {
  const message = messageOf(error).slice(0, mostMessage);
  if (error instanceof TaskError) {
    return (error.transient ? pending : refused)(error.reason, message);
  }
  if (!(error instanceof KubeError)) return refused('AgentError', message);
  if (error.status === 403) return refused('Forbidden', forbidden(message));
  return (error.transient ? pending : refused)(error.reason, message);
}

/** What is missing where the API server forbids. */
export function forbidden(said: string): string {
  return `${said}; install the agent's chart with istio.manage=true to let it change Istio`;
}
