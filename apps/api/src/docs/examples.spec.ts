import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  buildSchema,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  validate,
} from '../graphql-js.js';
import { startTestApi, type TestApi } from '../testing.js';
import { type Exchange, examplesFolder, parseExample, readExamples } from './examples.js';
import { jsonText } from './json-text.js';
import { Steady } from './steady.js';
import { Story, type Told } from './story.js';

// Every operation of the API has an example, and every example is run: UPDATE_GOLDEN=1 keeps what comes of it.

const schema: GraphQLSchema = buildSchema(
  readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'),
);
const rootFields = [
  schema.getQueryType(),
  schema.getMutationType(),
  schema.getSubscriptionType(),
].flatMap((type) => Object.keys(type?.getFields() ?? {}));
const examples = readExamples();

/** Of Istio's versions, so that no golden changes with the calendar. */
const knowledge = {
  channels: {
    rapid: { minorAgeDays: 0, patchAgeDays: 0 },
    regular: { minorAgeDays: 0, patchAgeDays: 0 },
    stable: { minorAgeDays: 3650 },
  },
  minors: { '1.30': { endOfLife: '2099-12-31' } },
};

describe('examples', () => {
  it('are there for every operation, and for nothing else', () => {
    expect([...examples.keys()].sort()).toEqual([...rootFields].sort());
    expect(rootFields.length).toBeGreaterThan(50);
  });

  it.each([...examples.values()])(
    'of $field are valid, and of it alone',
    ({ field, ...example }) => {
      const document = parse(example.query);
      expect(validate(schema, document)).toEqual([]);
      const [operation, ...rest] = document.definitions as OperationDefinitionNode[];
      expect(rest).toEqual([]);
      expect(operation?.name?.value).toMatch(/^[A-Z]\w+$/);
      const names = operation?.selectionSet.selections.map(
        (node) => 'name' in node && node.name?.value,
      );
      expect(names).toEqual([field]);
      const declared = operation?.variableDefinitions?.map(({ variable }) => variable.name.value);
      expect(declared ?? []).toEqual(expect.arrayContaining(Object.keys(example.variables)));
      expect(example.words).toMatch(/^[A-Z].*[.]$/);
    },
  );

  it('are taken apart as they are written', () => {
    const text = '# Reads\n# it.\n#\n# {\n#   "id": "{{meshId}}"\n# }\nquery A { a }\n';
    expect(parseExample(text)).toEqual({
      ...{ words: 'Reads it.', query: 'query A { a }', variables: { id: '{{meshId}}' } },
    });
    expect(parseExample('# Reads it.\nquery A { a }').variables).toEqual({});
    expect(() => parseExample('# Reads.\n# {\n# id\nquery A { a }')).toThrow(SyntaxError);
  });
});

describe('their story', () => {
  let api: TestApi;
  let folder: string;
  let story: Story;
  const steady = new Steady();
  const exchanges = new Map<string, Exchange>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-examples-'));
    const file = join(folder, 'istio.json');
    await writeFile(file, JSON.stringify(knowledge));
    api = await startTestApi({
      ISTHMUS_COST_PER_SECOND: '1000000',
      ISTHMUS_ISTIO_VERSIONS: file,
    });
    story = new Story(api, examples);
    await story.tell();
    for (const id of story.people) steady.person(id);
    for (const [field, told] of story.told) exchanges.set(field, exchangeOf(field, told));
  });
  afterAll(async () => {
    await api?.close();
    await rm(folder, { recursive: true, force: true });
  });

  function exchangeOf(field: string, { variables, data }: Told): Exchange {
    const kept = textsIn(examples.get(field)?.variables);
    return {
      variables: steady.of(variables, kept) as Exchange['variables'],
      data: steady.of(data, kept) as Exchange['data'],
    };
  }

  it('tells all of them, and all succeed', () => {
    expect([...story.told.keys()].sort()).toEqual([...rootFields].sort());
  });

  it.each(rootFields)('has %s answer with what was asked for', (field) => {
    const document = parse(examples.get(field)?.query ?? '');
    const [operation] = document.definitions as [OperationDefinitionNode];
    const { data } = story.told.get(field) ?? {};
    expect(data[field], 'nothing came').not.toBeNull();
    assertShape(operation.selectionSet, data, field);
  });

  it.each(rootFields)('has %s answered as its golden says', (field) => {
    const file = new URL(`${field}.json`, examplesFolder);
    const text = `${jsonText(exchanges.get(field))}\n`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
    expect(existsSync(file), `run with UPDATE_GOLDEN=1 to make ${field}.json`).toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it('leaves no secret in what is kept', () => {
    const kept = [...exchanges.values()].map((exchange) => JSON.stringify(exchange)).join('\n');
    const { signUp } = story.told.get('signUp')?.data ?? {};
    const { createApiToken } = story.told.get('createApiToken')?.data ?? {};
    const secrets = [signUp.sessionToken, signUp.user.id, createApiToken.secret];
    for (const secret of secrets) {
      expect(String(secret).length).toBeGreaterThan(10);
      expect(kept).not.toContain(secret);
    }
    expect(kept).not.toMatch(/[0-9a-f]{32}|[A-Za-z0-9+/]{60}/);
  });
});

/** All texts that an example has of its own. */
function textsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') found.add(value);
  else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) textsIn(item, found);
  }
  return found;
}

/** An answer has each field that was selected, and no other; of fragments, those of its type. */
function assertShape(selection: SelectionSetNode, data: unknown, path: string): void {
  if (Array.isArray(data)) {
    data.forEach((item, index) => void assertShape(selection, item, `${path}[${index}]`));
    return;
  }
  if (data === null) return;
  const answer = data as Record<string, unknown>;
  const asked = new Set<string>();
  const take = ({ selections }: SelectionSetNode, isCertain: boolean): void => {
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        const name = node.alias?.value ?? node.name.value;
        asked.add(name);
        if (isCertain) expect(answer, path).toHaveProperty(name);
        const value = answer[name];
        if (node.selectionSet && value !== undefined) {
          assertShape(node.selectionSet, value, `${path}.${name}`);
        }
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        take(node.selectionSet, answer.__typename === node.typeCondition?.name.value);
      }
    }
  };
  take(selection, true);
  expect([...asked], path).toEqual(expect.arrayContaining(Object.keys(answer)));
}
