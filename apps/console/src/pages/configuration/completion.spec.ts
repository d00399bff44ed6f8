import { describe, expect, it } from 'vitest';
import { completionsAt, type KindSchema } from './completion.js';

const route = {
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string' },
        namespace: { type: 'string' },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    spec: {
      type: 'object',
      properties: {
        hosts: { type: 'array', items: { type: 'string' } },
        mode: { enum: ['STRICT', 'PERMISSIVE'] },
        methods: { type: 'array', items: { enum: ['GET', 'POST'] } },
        required: { type: 'boolean' },
        http: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              timeout: { type: 'string', description: 'How long' },
              retries: { $ref: '#/$defs/retries' },
            },
          },
        },
        versions: {
          type: 'object',
          additionalProperties: { properties: { network: {}, labels: {} } },
        },
        either: {
          oneOf: [
            { required: ['service'], properties: { service: {} } },
            { properties: { workload: { enum: ['all'] } } },
          ],
        },
      },
    },
  },
  $defs: { retries: { type: 'object', properties: { attempts: { type: 'integer' } } } },
};
const kinds: KindSchema[] = [
  {
    apiVersion: 'net.example/v1',
    kind: 'Route',
    schema: JSON.stringify(route),
    example: '',
    description: 'Routes',
  },
  {
    apiVersion: 'net.example/v1',
    kind: 'Gate',
    schema: '{"properties":{"spec":{"properties":{"servers":{}}}}}',
    example: '',
    description: '',
  },
  {
    apiVersion: 'isthmus.dev/v1alpha1',
    kind: 'MutualTLS',
    schema: '{}',
    example: '',
    description: '',
  },
];

/** What is offered at `|`. */
function at(text: string): string[] {
  const offset = text.indexOf('|');
  const found = completionsAt(text.replace('|', ''), offset, kinds);
  return (found?.options ?? []).map(({ label }) => label);
}

const head = 'apiVersion: net.example/v1\nkind: Route\n';

describe('names of fields', () => {
  it('come from the schema of the kind, without those that are there', () => {
    expect(at(`${head}metadata:\n  name: a\n  |`)).toEqual(['namespace', 'labels']);
    expect(at(`${head}spec:\n  ho|`)).toContain('hosts');
  });

  it('are known in a line that is half typed, with lines after it', () => {
    const text = `${head}spec:\n  mo|\n  http:\n    - timeout: 1s\n`;
    expect(at(text)).toContain('mode');
    expect(at(text)).not.toContain('http');
  });

  it('are known in items of lists, at their beginning and further on', () => {
    expect(at(`${head}spec:\n  http:\n    - |`)).toEqual(['timeout', 'retries']);
    expect(at(`${head}spec:\n  http:\n    - ti|`)).toEqual(['timeout', 'retries']);
    expect(at(`${head}spec:\n  http:\n    - timeout: 1s\n      re|`)).toEqual(['retries']);
    expect(at(`${head}spec:\n  http:\n    - retries:\n        |\n    - timeout: 1s`)).toEqual([
      'attempts',
    ]);
  });

  it('are known below names of the operator, in flow style and in alternatives', () => {
    expect(at(`${head}spec:\n  versions:\n    v2:\n      |`)).toEqual(['network', 'labels']);
    expect(at(`${head}metadata: { name: a, na| }`)).toEqual(['namespace', 'labels']);
    expect(at(`${head}spec:\n  either:\n    |`)).toEqual(['service', 'workload']);
  });

  it('replace what is typed of them, and end in a colon', () => {
    const text = `${head}spec:\n  http:\n    - time`;
    const found = completionsAt(text, text.length, kinds);
    expect(found?.from).toBe(text.length - 4);
    expect(found?.options[0]).toMatchObject({ apply: 'timeout: ', info: 'How long' });
  });

  it('say what is needed, but for what one of several alternatives needs', () => {
    const needed = (text: string) =>
      completionsAt(text, text.length, kinds)?.options.flatMap(({ label, isRequired }) =>
        isRequired ? label : [],
      );
    expect(needed(`${head}metadata:\n  `)).toEqual(['name']);
    expect(needed(`${head}spec:\n  either:\n    `)).toEqual([]);
  });

  it('of a key that has its value already are offered too', () => {
    expect(at(`${head}spec:\n  mo|: STRICT`)).toContain('mode');
  });
});

describe('values', () => {
  it('are those of the schema', () => {
    expect(at(`${head}spec:\n  mode: |`)).toEqual(['STRICT', 'PERMISSIVE']);
    expect(at(`${head}spec:\n  mode: ST|\n  http: []`)).toEqual(['STRICT', 'PERMISSIVE']);
    expect(at(`${head}spec:\n  required: |`)).toEqual(['true', 'false']);
    expect(at(`${head}spec:\n  methods:\n    - |`)).toEqual(['GET', 'POST']);
    expect(at(`${head}spec:\n  methods: [GET, |]`)).toEqual(['GET', 'POST']);
  });

  it('are none where anything may stand', () => {
    expect(at(`${head}spec:\n  hosts:\n    - |`)).toEqual([]);
    expect(at(`${head}metadata:\n  name: |`)).toEqual([]);
    expect(at(`${head}# mode: |`)).toEqual([]);
  });
});

describe('kinds', () => {
  it('fit the apiVersion, and the other way round', () => {
    expect(at('apiVersion: net.example/v1\nkind: |')).toEqual(['Route', 'Gate']);
    expect(at('apiVersion: |\nkind: MutualTLS')).toEqual(['isthmus.dev/v1alpha1']);
    expect(at('kind: |')).toHaveLength(3);
  });

  it('begin an empty document, with both lines', () => {
    expect(at('|')).toEqual([
      'apiVersion',
      'kind',
      'metadata',
      'spec',
      'Route',
      'Gate',
      'MutualTLS',
    ]);
    expect(at('apiVersion: net.example/v1\n|')).not.toContain('Route');
  });

  it('are taken in an older version of the group', () => {
    expect(at('apiVersion: net.example/v1beta1\nkind: Route\nspec:\n  |')).toContain('hosts');
  });
});

describe('several documents', () => {
  const first = 'apiVersion: net.example/v1\nkind: Gate\nspec:\n  servers: []\n---\n';

  it('have each a kind of their own', () => {
    expect(at(`${first}${head}spec:\n  |`)).toContain('hosts');
    expect(at(`${first.replace('servers: []', '|')}${head}`)).toEqual(['servers']);
    expect(at(`${first}|`)).toContain('MutualTLS');
  });

  it('do not hinder each other when one is broken', () => {
    expect(at(`a: [1\nb: "\n---\n${head}spec:\n  mode: |`)).toEqual(['STRICT', 'PERMISSIVE']);
  });
});
