import { describe, expect, it } from 'vitest';
import { buildSchema } from '../graphql-js.js';
import { guardSchema } from './operations.js';

const schema = () => buildSchema('type Query { a: Int b: Int } type Mutation { c: Int }');
const table = { 'Query.a': 'public', 'Query.b': 'self', 'Mutation.c': 'mesh.write' } as const;

describe('the table of operations', () => {
  it('has to have every root field', () => {
    const { 'Query.b': _, ...rest } = table;
    expect(() => guardSchema(schema(), rest)).toThrow('Query.b has no permission');
    expect(() => guardSchema(schema(), table)).not.toThrow();
  });

  it('has to have nothing else', () => {
    expect(() => guardSchema(schema(), { ...table, 'Query.d': 'public' })).toThrow(
      'no such operation: Query.d',
    );
  });
});
