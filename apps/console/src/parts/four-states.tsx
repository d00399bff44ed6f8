import type { State } from '../api/generated/graphql.js';
import { Status, type Tone } from './status.js';

const words: Readonly<Record<State, readonly [Tone, string]>> = {
  YES: ['ok', 'yes'],
  PENDING: ['busy', 'pending'],
  REFUSED: ['bad', 'refused'],
  UNKNOWN: ['idle', 'unknown'],
};

/** How far something wanted has come, which is never inferred from another state. */
export function StateStatus({ state }: { readonly state: State }) {
  const [tone, word] = words[state];
  return <Status tone={tone}>{word}</Status>;
}

/** What became of something wanted, on its way to the proxies. */
export interface FourStates {
  readonly sent: State;
  readonly stored: State;
  readonly accepted: State;
  readonly live: State;
}

/** The first that is not YES, as a word to sort and find by; what cannot be known is passed over. */
export function stateWord({ sent, stored, accepted, live }: FourStates): string {
  const all = [sent, stored, accepted, live];
  if (all.includes('REFUSED')) return 'refused';
  return all.includes('PENDING') ? 'pending' : 'well';
}
