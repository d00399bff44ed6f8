import type { AgentState } from '../api/generated/graphql.js';
import { Status, type Tone } from './status.js';

/** An agent on its way to the version that its mesh wants. */
interface AgentStanding {
  /** None: it has not told. */
  readonly version?: string | null;
  readonly state: AgentState;
  /** Version; none where each stays as it was installed. */
  readonly wanted?: string | null;
}

const states: Readonly<Record<AgentState, readonly [Tone, string]>> = {
  CURRENT: ['ok', 'As wanted'],
  MANUAL: ['warn', 'To upgrade by hand'],
  WAITING: ['idle', 'Waiting'],
  UPGRADING: ['busy', 'Upgrading'],
  FAILED: ['bad', 'Failed'],
};

/** Whether there is anything to say of it: one that has not come yet is not to be upgraded by anybody. */
export function hasTold({ version, state }: AgentStanding): boolean {
  return !!version || !['CURRENT', 'MANUAL'].includes(state);
}

function standingOf(of: AgentStanding): readonly [Tone, string] {
  const { state, wanted } = of;
  if (!hasTold(of)) return ['idle', 'Not told'];
  return state === 'CURRENT' && !wanted ? ['idle', 'As installed'] : states[state];
}

/** How an agent stands, as a word to sort and find by. */
export function agentWord(of: AgentStanding): string {
  return standingOf(of)[1];
}

/** How an agent stands. */
export function AgentStatus({ of }: { readonly of: AgentStanding }) {
  const [tone, word] = standingOf(of);
  return <Status tone={tone}>{word}</Status>;
}
