import { Text } from '@mantine/core';
import type { State } from '../api/generated/graphql.js';
import { StateStatus } from './four-states.js';
import { sentence } from './words.js';

interface IstioTaskProps {
  readonly of: {
    readonly type: string;
    readonly object: string;
    readonly state: State;
    readonly reason?: string | null;
    readonly message?: string | null;
  };
}

/** Something that an agent does about Istio in its cluster, and how far it is. */
export function IstioTask({ of: { type, object, state, reason, message } }: IstioTaskProps) {
  return (
    <Text size="sm" component="div" className="break">
      <StateStatus state={state} /> {type}: {object}
      {reason && `, ${reason}`}
      {message && `: ${sentence(message)}`}
    </Text>
  );
}
