import { readdirSync, readFileSync } from 'node:fs';
import { configurationKinds } from '@isthmus/contracts';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { compileBundle } from './compile.js';
import { documentKinds } from './document-kinds.js';
import { intentKinds } from './intents/index.js';
import { intentSchemas } from './intents/schemas.js';
import type { JsonSchema } from './json-schema.js';

const nothing = { clusters: [], hosts: undefined };
const check = (content: string) =>
  compileBundle([{ path: 'example.yaml', content }], nothing).problems;
const ajv = new Ajv({
  strict: false,
  allErrors: true,
  formats: { int32: true, int64: true, double: true, float: true, 'date-time': true, byte: true },
});
const idOf = ({ apiVersion, kind }: { apiVersion: string; kind: string }) =>
  `${apiVersion} ${kind}`;
const validators = new Map<string, ValidateFunction>(
  documentKinds().map((kind) => [idOf(kind), ajv.compile(JSON.parse(kind.schema))]),
);
const documentsOf = (yaml: string) =>
  parseAllDocuments(yaml).map((parsed) => parsed.toJS() as { apiVersion: string; kind: string });
const faultsOf = (document: { apiVersion: string; kind: string }) => {
  const validate = validators.get(idOf(document));
  return validate?.(document) ? [] : (validate?.errors ?? ['no such kind']);
};

describe('kinds of documents', () => {
  it('are all that a bundle may hold', () => {
    const ids = documentKinds().map(({ apiVersion, kind }) => `${apiVersion}/${kind}`);
    const objects = configurationKinds.map(
      ({ group, versions, kind }) => `${group}/${versions[0]}/${kind}`,
    );
    const ours = [...intentKinds.keys(), 'ClusterOverride'].map(
      (kind) => `isthmus.dev/v1alpha1/${kind}`,
    );
    expect(ids.sort()).toEqual([...objects, ...ours].sort());
    const byFamily = Map.groupBy(documentKinds(), ({ family }) => family);
    expect(byFamily.get('ISTIO')).toHaveLength(12);
    expect(byFamily.get('GATEWAY_API')).toHaveLength(8);
    expect(byFamily.get('INTENT')).toHaveLength(9);
  });

  it.each(documentKinds().map((kind) => [kind.kind, kind] as const))(
    '%s has an example that passes the checks, and its schema',
    (_title, { kind, apiVersion, example, description }) => {
      expect(check(example).filter(({ severity }) => severity === 'error')).toEqual([]);
      const [first, ...others] = documentsOf(example);
      expect(first).toMatchObject({ apiVersion, kind });
      for (const document of [first, ...others])
        if (document) expect(faultsOf(document)).toEqual([]);
      expect(description).toMatch(/^[A-Z].*[^.]$/);
    },
  );

  it('take the older versions of a kind too, and no others', () => {
    const [example] = documentsOf(
      documentKinds().find(({ kind }) => kind === 'VirtualService')?.example ?? '',
    );
    const validate = validators.get('networking.istio.io/v1 VirtualService');
    expect(validate?.({ ...example, apiVersion: 'networking.istio.io/v1beta1' })).toBe(true);
    expect(validate?.({ ...example, apiVersion: 'networking.istio.io/v2' })).toBe(false);
    expect(validate?.({ ...example, spec: { http: [{ tiemout: '5s' }] } })).toBe(false);
  });

  it('are small enough to be asked for at once', () => {
    const bytes = documentKinds().reduce((sum, { schema }) => sum + schema.length, 0);
    expect(bytes).toBeLessThan(400_000);
  });
});

describe('schemas of intents', () => {
  const folder = new URL('./intents/samples/', import.meta.url);
  it.each(readdirSync(folder))('take the sample %s', (file) => {
    const documents = documentsOf(readFileSync(new URL(file, folder), 'utf8'));
    expect(documents.length).toBeGreaterThan(0);
    for (const document of documents) expect(faultsOf(document), document.kind).toEqual([]);
  });

  /** Fields that are known to be refused, with the reason. */
  const refused = ['cluster', 'network', 'ipBlocks', 'remoteIpBlocks'];

  it.each(placesIn())('know the fields of %s', (_title, place) => {
    const probe = place.wrap({ 'no-such-field': 1 });
    const content = JSON.stringify({
      apiVersion: 'isthmus.dev/v1alpha1',
      kind: place.kind,
      metadata: { name: 'probe', namespace: 'shop' },
      spec: probe,
    });
    const problem = check(content).find(
      ({ code, message }) => code === 'UnknownField' && message.includes('no-such-field'),
    );
    const known = problem?.remedy.replace(/.*write one of /, '').split(', ') ?? [];
    const own = Object.keys((place.schema.properties ?? {}) as object);
    expect(own.filter((name) => !known.includes(name))).toEqual([]);
    expect(known.filter((name) => !own.includes(name) && !refused.includes(name))).toEqual([]);
  });
});

interface SchemaPlace {
  readonly kind: string;
  readonly schema: JsonSchema;
  /** The spec with this value in that place. */
  wrap(value: unknown): unknown;
}

/** Every mapping of fields in the schemas of intents. */
function placesIn(): (readonly [string, SchemaPlace])[] {
  const found: (readonly [string, SchemaPlace])[] = [];
  const walk = (kind: string, path: string, schema: JsonSchema, wrap: SchemaPlace['wrap']) => {
    if (schema.properties) found.push([`${kind} ${path}`, { kind, schema, wrap }]);
    for (const [name, property] of Object.entries((schema.properties ?? {}) as object)) {
      walk(kind, `${path}.${name}`, property, (value) => wrap({ [name]: value }));
    }
    if (schema.items) walk(kind, `${path}[]`, schema.items as JsonSchema, (value) => wrap([value]));
    if (typeof schema.additionalProperties === 'object') {
      const values = schema.additionalProperties as JsonSchema;
      walk(kind, `${path}{}`, values, (value) => wrap({ some: value }));
    }
  };
  for (const [kind, schema] of Object.entries(intentSchemas)) {
    walk(kind, 'spec', schema, (value) => value);
  }
  return found;
}
