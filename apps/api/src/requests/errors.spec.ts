import { IsthmusError } from '@isthmus/kernel';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { GraphQLError } from '../graphql-js.js';
import { describeError } from './errors.js';

function describing(originalError: Error) {
  const lines: string[] = [];
  const logger = pino(
    { serializers: { error: pino.stdSerializers.err } },
    { write: (line: string) => lines.push(line) },
  );
  const error = new GraphQLError(originalError.message, { originalError, path: ['mesh'] });
  return { said: describeError(error.toJSON(), error, logger), log: lines.join('') };
}

describe('errors', () => {
  it('of ours are said with their code', () => {
    const { said, log } = describing(new IsthmusError('NOT_FOUND', 'there is no such mesh'));
    expect(said).toEqual({
      message: 'there is no such mesh',
      path: ['mesh'],
      extensions: { code: 'NOT_FOUND' },
    });
    expect(log).toBe('');
  });

  it('of ours name the argument to blame, if it is one, whatever details there are', () => {
    const details = { problems: [], field: 'not this' };
    const { said } = describing(
      new IsthmusError('CIDR_INVALID', 'no CIDR', { field: 'input.cidrs.0', details }),
    );
    expect(said.extensions).toEqual({
      ...{ code: 'CIDR_INVALID', field: 'input.cidrs.0', problems: [] },
    });
  });

  it.each([
    new Error('connect ECONNREFUSED 10.1.2.3:5432'),
    new IsthmusError('INTERNAL', 'the root key of 10.1.2.3:5432 does not open'),
  ])('that nobody meant to tell have an id, and are in the log under it', (error) => {
    const { said, log } = describing(error);
    const id = String(said.extensions?.id);
    expect(said.extensions).toEqual({
      code: 'INTERNAL',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(JSON.stringify(said)).not.toContain('10.1.2.3');
    expect(JSON.stringify(said)).not.toContain('.ts:');
    expect(log).toContain(id);
    expect(log).toContain('10.1.2.3');
  });
});
