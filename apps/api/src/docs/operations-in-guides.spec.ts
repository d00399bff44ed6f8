import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { buildSchema, type DocumentNode, Kind, parse, validate } from '../graphql-js.js';

// What pages show of GraphQL can be asked as it stands.

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const schema = buildSchema(readFileSync(`${root}apps/api/schema.graphql`, 'utf8'));
const pages = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md') && !/^(dist|node_modules)\//.test(path))
  .map((path) => `docs/${path}`);
const operations = ['README.md', ...pages].flatMap((path) =>
  [...readFileSync(root + path, 'utf8').matchAll(/^```graphql[^\n]*\n(.*?)^```/gms)].flatMap(
    ([, text = '']) =>
      // Several of one block are asked one after the other.
      parse(text).definitions.map((definition): [string, DocumentNode] => [
        `${path}: ${text.split('\n').slice(0, 3).join(' ')}`,
        { kind: Kind.DOCUMENT, definitions: [definition] },
      ]),
  ),
);

it('there are some', () => expect(operations.length).toBeGreaterThan(5));

it.each(operations)('%s', (_title, document) => expect(validate(schema, document)).toEqual([]));
