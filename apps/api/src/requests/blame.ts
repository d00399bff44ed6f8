import { IsthmusError } from '@isthmus/kernel';
import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isListType,
  isObjectType,
} from '../graphql-js.js';

/** Has errors name the argument to blame as whoever asks wrote it: `input.cidrs.0` for `cidrs.0`. */
export function withBlame(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const { args, resolve, subscribe } = field;
      if (args.length === 0) continue;
      if (resolve) {
        field.resolve = (...call) => blaming(args, async () => resolve(...call));
      }
      if (subscribe) {
        field.subscribe = (...call) => blaming(args, async () => subscribe(...call));
      }
    }
  }
  return schema;
}

async function blaming<T>(args: readonly GraphQLArgument[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof IsthmusError) || error.field === undefined) throw error;
    throw error.blaming(argumentOf(args, error.field));
  }
}

/** The path of an argument; where a service speaks of more than there is, of as much as there is. */
export function argumentOf(args: readonly GraphQLArgument[], field: string): string | undefined {
  const steps = field.split('.');
  const known = walk(args, steps);
  if (known.length > 0) return known.join('.');
  const input = args.find(({ name }) => name === 'input');
  const within = input ? walk([input], ['input', ...steps]) : [];
  return within.length > 1 ? within.join('.') : undefined;
}

type Member = Pick<GraphQLArgument | GraphQLInputField, 'name' | 'type'>;

/** As many of the steps as there are members for. */
function walk(members: readonly Member[], [step, ...rest]: readonly string[]): string[] {
  const member = members.find(({ name }) => name === step);
  return member && step !== undefined ? [step, ...walkInto(member.type, rest)] : [];
}

function walkInto(type: GraphQLInputType, steps: readonly string[]): string[] {
  const nullable = getNullableType(type);
  const [step, ...rest] = steps;
  if (isInputObjectType(nullable)) return walk(Object.values(nullable.getFields()), steps);
  if (!isListType(nullable) || step === undefined || !/^\d+$/.test(step)) return [];
  return [step, ...walkInto(nullable.ofType, rest)];
}
