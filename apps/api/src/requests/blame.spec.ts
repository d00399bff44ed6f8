import { IsthmusError } from '@isthmus/kernel';
import { describe, expect, it } from 'vitest';
import { buildSchema, execute, type GraphQLFieldResolver, parse } from '../graphql-js.js';
import { argumentOf, withBlame } from './blame.js';

const sdl = `
  type Query { list(first: Int, ids: [ID!]): Int, thing(input: ThingInput!): Int }
  input ThingInput { name: String, cidrs: [String!], policy: PolicyInput, values: String }
  input PolicyInput { waves: [WaveInput!] }
  input WaveInput { percent: Int }
`;
const argsOf = (field: string) => buildSchema(sdl).getQueryType()?.getFields()[field]?.args ?? [];

describe('the argument to blame', () => {
  it.each([
    ['list', 'first', 'first'],
    ['list', 'ids.3', 'ids.3'],
    ['list', 'name', undefined],
    ['thing', 'name', 'input.name'],
    ['thing', 'cidrs.0', 'input.cidrs.0'],
    ['thing', 'policy.waves.1.percent', 'input.policy.waves.1.percent'],
    ['thing', 'input.name', 'input.name'],
    // What a service knows in more detail than the API.
    ['thing', 'values.pilot', 'input.values'],
    ['thing', 'cidrs.first', 'input.cidrs'],
    ['thing', 'policy.waves.1.size', 'input.policy.waves.1'],
    ['thing', 'other', undefined],
  ])('of %s for %s is %s', (field, said, shown) => {
    expect(argumentOf(argsOf(field), said)).toBe(shown);
  });

  const ask = async (resolve: GraphQLFieldResolver<unknown, unknown>) => {
    const schema = buildSchema(sdl);
    const field = schema.getQueryType()?.getFields().thing;
    if (field) field.resolve = resolve;
    const document = parse('{ thing(input: {}) }');
    const { errors } = await execute({ schema: withBlame(schema), document });
    return errors?.[0]?.originalError as Partial<IsthmusError>;
  };

  it('is named whether a resolver throws at once or later, with the rest as it was', async () => {
    const error = new IsthmusError('CIDR_INVALID', 'no CIDR', {
      field: 'cidrs.0',
      details: { more: 1 },
    });
    const shown = { code: 'CIDR_INVALID', message: 'no CIDR', details: { more: 1 } };
    const now = await ask(() => {
      throw error;
    });
    expect(now).toMatchObject({ ...shown, field: 'input.cidrs.0' });
    expect(await ask(() => Promise.reject(error))).toMatchObject({
      ...shown,
      field: 'input.cidrs.0',
    });
  });

  it('leaves other errors as they are', async () => {
    for (const error of [new IsthmusError('NOT_FOUND', 'none'), new Error('other')]) {
      expect(await ask(() => Promise.reject(error))).toBe(error);
    }
  });
});
