import { describe, expect, it } from 'vitest';
import { buildSchema, getOperationAST, parse } from '../graphql-js.js';
import { assertWithinLimits, limits, weigh } from './limits.js';

const schema = buildSchema(`
  type Query { meshes(first: Int): MeshConnection!  nodes(ids: [ID!]!): [Mesh]!  mesh: Mesh }
  type Mutation { change: Mesh }
  type MeshConnection { edges: [MeshEdge!]!  pageInfo: PageInfo! }
  type MeshEdge { node: Mesh!  cursor: String! }
  type PageInfo { hasNextPage: Boolean! }
  type Mesh { id: ID!  self: Mesh!  meshes(first: Int): MeshConnection!  plain: [Mesh!]! }
`);

function weightOf(query: string, variables: Record<string, unknown> = {}) {
  const document = parse(query);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('no operation');
  return weigh(schema, document, operation, variables);
}

describe('the weight of an operation', () => {
  it('multiplies what connections hold', () => {
    const inner = '{ edges { node { id } } }';
    expect(weightOf(`{ meshes(first: 3) ${inner} }`).cost).toBe(1 + 3);
    expect(weightOf(`{ meshes ${inner} }`).cost).toBe(1 + 50);
    expect(
      weightOf(`{ meshes(first: 10) { edges { node { meshes(first: 20) ${inner} } } } }`).cost,
    ).toBe(1 + 10 * (1 + 20));
    expect(weightOf('{ mesh { plain { plain { id } } } }').cost).toBe(1 + 1 + 10 * (1 + 10));
  });

  it('takes sizes from variables, their defaults, and the length of ids', () => {
    const query = 'query ($n: Int = 7) { meshes(first: $n) { edges { node { id } } } }';
    expect(weightOf(query).cost).toBe(1 + 7);
    expect(weightOf(query, { n: 9 }).cost).toBe(1 + 9);
    expect(weightOf(query, { n: 1_000_000 }).cost).toBe(1 + 200);
    expect(weightOf(query, { n: 'many' }).cost).toBe(1 + 200);
    expect(
      weightOf('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ['a', 'b', 'c'] }).cost,
    ).toBe(1 + 3);
    expect(weightOf('{ nodes(ids: ["a", "b"]) { id } }').cost).toBe(1 + 2);
  });

  it('sees through fragments, and does not unfold them', () => {
    const chain = Array.from(
      { length: 40 },
      (_, index) => `fragment f${index} on Mesh { ...f${index + 1} ...f${index + 1} }`,
    ).join('\n');
    const started = performance.now();
    const weight = weightOf(`{ mesh { ...f0 } } ${chain} fragment f40 on Mesh { x: id }`);
    expect(performance.now() - started).toBeLessThan(200);
    expect(weight.aliases).toBe(2 ** 40);
    expect(() => assertWithinLimits(weight)).toThrow('aliases');
  });

  it('is endless for a fragment that holds itself', () => {
    const weight = weightOf(
      '{ mesh { ...a } } fragment a on Mesh { self { ...b } } fragment b on Mesh { self { ...a } }',
    );
    expect(() => assertWithinLimits(weight)).toThrow('depth');
  });

  it('counts depth, aliases, root fields, directives and changes', () => {
    expect(weightOf('{ mesh { self { id } } }').depth).toBe(3);
    expect(weightOf('{ a: mesh { b: id } mesh { id } }')).toMatchObject({
      aliases: 2,
      rootFields: 2,
    });
    expect(weightOf('{ mesh @skip(if: true) { id @include(if: true) } }').directives).toBe(2);
    expect(weightOf('mutation { change { id } }').cost).toBeGreaterThan(
      weightOf('{ mesh { id } }').cost,
    );
    const deep = `{ mesh ${'{ self '.repeat(limits.depth)} { id } ${'}'.repeat(limits.depth)} }`;
    expect(() => assertWithinLimits(weightOf(deep))).toThrow('depth');
  });
});
