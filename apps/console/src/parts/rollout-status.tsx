import { Progress, Stack, Text } from '@mantine/core';
import type { RolloutStage, RolloutState } from '../api/generated/graphql.js';
import { Status, type Tone } from './status.js';

const states: Readonly<Record<RolloutState, readonly [Tone, string]>> = {
  QUEUED: ['idle', 'Waiting'],
  RUNNING: ['busy', 'Under way'],
  PAUSED: ['warn', 'Paused'],
  HALTED: ['bad', 'Halted'],
  COMPLETED: ['ok', 'Completed'],
  ABORTED: ['idle', 'Aborted'],
};

/** How a rollout stands, as a word to sort and find by. */
export function rolloutWord(state: RolloutState): string {
  return states[state][1];
}

/** How a rollout stands. */
export function RolloutStatus({ state }: { readonly state: RolloutState }) {
  const [tone, word] = states[state];
  return <Status tone={tone}>{word}</Status>;
}

/** Where a rollout is, as far as lists and pages tell. */
export interface RolloutPosition {
  readonly state: RolloutState;
  readonly stage: RolloutStage;
  /** Index of the wave that is under way, or was the last. */
  readonly wave: number;
  readonly waves: readonly { readonly index: number }[];
}

/** The same in words: `Soaking after wave 2 of 3`. */
export function positionOf({ state, stage, wave, waves }: RolloutPosition): string {
  if (state === 'QUEUED') return 'Waits for its turn';
  if (state === 'COMPLETED') return 'All waves are through';
  const place = `wave ${wave + 1} of ${waves.length}`;
  if (stage === 'TRIAL') return 'Trial: dry runs, nothing is written yet';
  return stage === 'SOAK' ? `Soaking after ${place}` : `In ${place}`;
}

/** How much of it is done, in percent: each wave counts as it is written, and as it has soaked. */
export function shareOf({ state, stage, wave, waves }: RolloutPosition): number {
  if (state === 'COMPLETED') return 100;
  if (state === 'QUEUED' || waves.length === 0) return 0;
  const steps = 1 + 2 * waves.length;
  const done = stage === 'TRIAL' ? 0 : 1 + 2 * wave + (stage === 'SOAK' ? 1 : 0);
  return Math.round((100 * done) / steps);
}

/** How far a rollout has come. */
export function RolloutProgress({ of }: { readonly of: RolloutPosition }) {
  const isUnderWay = of.state === 'RUNNING';
  const color = of.state === 'HALTED' ? 'red' : of.state === 'PAUSED' ? 'orange' : undefined;
  return (
    <Stack gap={4} miw={160}>
      <Text size="sm">{positionOf(of)}</Text>
      <Progress
        value={shareOf(of)}
        color={color}
        striped={isUnderWay}
        animated={isUnderWay}
        aria-label="Progress of the rollout"
      />
    </Stack>
  );
}
