import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  buildSchema,
  executeSync,
  type GraphQLSchema,
  getIntrospectionQuery,
  getOperationAST,
  OperationTypeNode,
  parse,
  validate,
} from '../graphql-js.js';
import { assertWithinLimits, limits, weigh } from './limits.js';

const schema = buildSchema(`
  type Query { meshes(first: Int): MeshConnection!  nodes(ids: [ID!]!): [Mesh]!  mesh: Mesh }
  type Mutation { change: Mesh }
  type MeshConnection { edges: [MeshEdge!]!  pageInfo: PageInfo! }
  type MeshEdge { node: Mesh!  cursor: String! }
  type PageInfo { hasNextPage: Boolean! }
  type Mesh { id: ID!  self: Mesh!  meshes(first: Int): MeshConnection!  plain: [Mesh!]! }
`);

/** The schema that is served. */
const served = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

function weightOf(query: string, variables: Record<string, unknown> = {}, of = schema) {
  const document = parse(query, { maxTokens: limits.tokens });
  const operation = getOperationAST(document);
  if (!operation) throw new Error('no operation');
  return weigh(of, document, operation, variables);
}

function assertAllowed(query: string, of: GraphQLSchema = schema): void {
  const kind = getOperationAST(parse(query))?.operation;
  if (!kind) throw new Error('no operation');
  assertWithinLimits(weightOf(query, {}, of), kind);
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
    expect(() => assertWithinLimits(weight, OperationTypeNode.QUERY)).toThrow('aliases');
  });

  it('is endless for a fragment that holds itself', () => {
    const cycle = 'fragment a on Mesh { self { ...b } } fragment b on Mesh { self { ...a } }';
    expect(() => assertAllowed(`{ mesh { ...a } } ${cycle}`)).toThrow('depth');
    const types = 'fragment a on __Type { ofType { ...a } }';
    expect(() => assertAllowed(`{ __type(name: "Mesh") { ...a } } ${types}`)).toThrow('depth');
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
    expect(() => assertAllowed(deep)).toThrow('depth');
  });

  it('has a stricter limit where it comes again with every event', () => {
    const clusters = (first: number) =>
      `{ meshChanged(meshId: "x") { clusters(first: ${first}) {
           edges { node { name conditions { type } } } } } }`;
    expect(() => assertAllowed(clusters(200), served)).not.toThrow();
    expect(() => assertAllowed(`subscription ${clusters(50)}`, served)).not.toThrow();
    expect(() => assertAllowed(`subscription ${clusters(200)}`, served)).toThrow(
      `the cost of a subscription may be ${limits.eventCost}`,
    );
  });
});

describe('what is said of the schema itself', () => {
  const stock = getIntrospectionQuery({
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  });

  it('is weighed as what it is, and tools get all of it', () => {
    expect(() => assertAllowed(stock, served)).not.toThrow();
    const { data } = executeSync({ schema: served, document: parse(stock) });
    const { cost, depth } = weightOf(stock, {}, served);
    expect(cost).toBeGreaterThan(objectsIn(data));
    expect(depth).toBe(1);
    for (const asked of ['{ __typename }', '{ __type(name: "Mesh") { kind fields { name } } }']) {
      expect(() => assertAllowed(asked, served)).not.toThrow();
    }
  });

  const inner = 'kind name fields { name type { name } }';
  const named = (count: number, field: string) =>
    Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');
  const twenty = named(20, 'fields { type { ...A ofType { ...A } } }');

  it.each([
    ['on every level', `{ __schema { types { ${twenty} } } } fragment A on __Type { ${inner} }`],
    ['in place', `{ __schema { types { ${twenty.replaceAll('...A', inner)} } } }`],
    [
      'in a fragment',
      `{ ...Q } fragment Q on Query { __schema { types { ...T } } }
       fragment T on __Type { ${twenty} } fragment A on __Type { ${inner} }`,
    ],
    [
      'of the whole',
      `{ ${named(10, '__schema { types { ...A } }')} } fragment A on __Type { ${inner} ${named(2, 'possibleTypes { ...B }')} }
       fragment B on __Type { ${inner} }`,
    ],
    [
      'of one type',
      `{ ${named(20, '__type(name: "Node") { possibleTypes { ...A } }')} }
       fragment A on __Type { ${named(8, 'fields { type { kind name } }')} }`,
    ],
  ])('is refused when it multiplies: %s', (_name, query) => {
    expect(validate(served, parse(query))).toEqual([]);
    expect(() => assertAllowed(query, served)).toThrow(/the (cost|aliases) of a query/);
  });

  it('has its directives counted', () => {
    const many = '@include(if: true) '.repeat(21);
    expect(() => assertAllowed(`{ __schema { types { name ${many} } } }`, served)).toThrow(
      'directives',
    );
    expect(() =>
      assertAllowed(`{ __schema { ...S ${many} } } fragment S on __Schema { description }`, served),
    ).toThrow('directives');
  });
});

describe('what looks at the whole of a mesh', () => {
  const costOf = (query: string) => weightOf(query, {}, served).cost;

  it('costs what is read, and not only what is answered', () => {
    expect(costOf('{ cluster(id: "x") { imports(first: 1) { edges { cursor } } } }')).toBe(1002);
    expect(costOf('{ mesh(id: "x") { findings { code } } }')).toBe(1 + 1 + 500 + 10);
    expect(
      costOf('{ mesh(id: "x") { trust { signingCertificates { serial } } } }'),
    ).toBeGreaterThan(1000);
  });

  it('is refused for many at once', () => {
    const clusters = (first: number, field: string) =>
      `{ mesh(id: "x") { clusters(first: ${first}) { edges { node { ${field} } } } } }`;
    const imports = 'imports { edges { node { host } } }';
    expect(() => assertAllowed(clusters(50, imports), served)).not.toThrow();
    expect(() => assertAllowed(clusters(200, imports), served)).toThrow('cost');
    expect(() =>
      assertAllowed(clusters(200, 'signingCertificate { serial }'), served),
    ).not.toThrow();
    for (const field of ['findings { code }', 'trust { trustDomain }']) {
      expect(() =>
        assertAllowed(`{ meshes(first: 200) { edges { node { ${field} } } } }`, served),
      ).toThrow('cost');
    }
    expect(() =>
      assertAllowed(`subscription { clusterStatus(meshId: "x") { ${imports} } }`, served),
    ).toThrow('cost');
  });

  it('is cheap enough for what the README asks', () => {
    const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
    const blocks = [...readme.matchAll(/```graphql\n(.*?)```/gs)].map(([, text = '']) => text);
    const query = blocks.find((text) => text.includes('signingCertificates'));
    if (!query) throw new Error('the README asks for no mesh');
    expect(validate(served, parse(query))).toEqual([]);
    expect(() => assertAllowed(query, served)).not.toThrow();
    expect(costOf(query)).toBeLessThan(limits.cost / 5);
  });
});

function objectsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value).reduce((sum: number, each) => sum + objectsIn(each), 0);
  return inside + (Array.isArray(value) ? 0 : 1);
}
