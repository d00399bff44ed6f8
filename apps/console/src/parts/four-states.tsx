import type { State } from '../api/generated/graphql.js';
import { Status, type Tone } from './status.js';

const tones: Readonly<Record<State, Tone>> = {
  YES: 'ok',
  PENDING: 'busy',
  REFUSED: 'bad',
  UNKNOWN: 'idle',
};
export const stateWords: Readonly<Record<State, string>> = {
  YES: 'yes',
  PENDING: 'pending',
  REFUSED: 'refused',
  UNKNOWN: 'unknown',
};

/** How far something wanted has come, which is never inferred from another state. */
export function StateStatus({ state }: { readonly state: State }) {
  return <Status tone={tones[state]}>{stateWords[state]}</Status>;
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
