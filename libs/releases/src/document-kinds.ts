import { configurationKinds } from '@isthmus/contracts';
import { clustersAnnotation } from './bundle/labels.js';
import { definitionOf } from './checks/definitions.js';
import { jsonSchemaOf } from './checks/schema.js';
import { type DocumentExample, intentExamples, objectExamples } from './document-examples.js';
import { intentKinds } from './intents/index.js';
import { intentSchemas } from './intents/schemas.js';
import { fields, type JsonSchema, text } from './json-schema.js';

/** Whose words a document is in; a ClusterOverride counts among the intents. */
export type DocumentFamily = 'ISTIO' | 'GATEWAY_API' | 'INTENT';

/** A kind of document that a bundle may hold, as editors want it. */
export interface DocumentKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly family: DocumentFamily;
  /** In one sentence. */
  readonly description: string;
  /** JSON Schema of the whole document, as JSON. It completes; `checkConfiguration` judges. */
  readonly schema: string;
  /** YAML: a document that passes all checks, with what it refers to if that has to be there. */
  readonly example: string;
}

const ours = 'isthmus.dev/v1alpha1';
let kinds: readonly DocumentKind[] | undefined;

/** Every kind that there is: intents, then Istio's, then the Gateway API's. */
export function documentKinds(): readonly DocumentKind[] {
  kinds ??= [...intents(), clusterOverride(), ...objects()];
  return kinds;
}

function objects(): DocumentKind[] {
  const all = configurationKinds.map(({ kind, group, versions }): DocumentKind => {
    const id = `${kind}.${group}`;
    const example = objectExamples[id];
    if (!example) throw new Error(`${id} has no example`);
    const apiVersion = `${group}/${versions[0]}`;
    return {
      apiVersion,
      kind,
      family: group.endsWith('.istio.io') ? 'ISTIO' : 'GATEWAY_API',
      description: example.description,
      schema: documentSchema(
        { kind, description: example.description },
        versions.map((version) => `${group}/${version}`),
        jsonSchemaOf(definitionOf(id).schema),
      ),
      example: documentOf(apiVersion, kind, example),
    };
  });
  return [
    ...all.filter(({ family }) => family === 'ISTIO'),
    ...all.filter(({ family }) => family === 'GATEWAY_API'),
  ];
}

function intents(): DocumentKind[] {
  return [...intentKinds].map(([kind, description]): DocumentKind => {
    const schema = intentSchemas[kind];
    const example = intentExamples[kind];
    if (!schema || !example) throw new Error(`${kind} has no schema or no example`);
    return {
      apiVersion: ours,
      kind,
      family: 'INTENT',
      description,
      schema: documentSchema({ kind, description }, [ours], schema),
      example: documentOf(ours, kind, example),
    };
  });
}

function clusterOverride(): DocumentKind {
  const kind = 'ClusterOverride';
  const description = 'What is different about an object of the bundle in some clusters';
  const target = objectExamples['VirtualService.networking.istio.io'];
  const json = JSON.stringify({
    ...head({ kind, description }, [ours]),
    properties: {
      apiVersion: { const: ours },
      kind: { const: kind },
      metadata: {
        type: 'object',
        properties: { name: text('Name of the override') },
        required: ['name'],
      },
      spec: overrideSpec,
    },
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
  });
  const example = `apiVersion: ${ours}
kind: ${kind}
metadata:
  name: slow-link
spec:
  clusterSelector: topology.istio.io/cluster=berlin
  target: { group: networking.istio.io, kind: VirtualService, namespace: shop, name: payments }
  patch:
    - { op: replace, path: /spec/http/0/timeout, value: 9s }
---
${target ? documentOf('networking.istio.io/v1', 'VirtualService', target) : ''}`;
  return { apiVersion: ours, kind, family: 'INTENT', description, schema: json, example };
}

const overrideSpec = fields(
  {
    clusterSelector: text('Where it holds: a label selector, such as env=prod'),
    target: fields(
      {
        group: { enum: [...new Set(configurationKinds.map(({ group }) => group))] },
        kind: { enum: [...new Set(configurationKinds.map(({ kind }) => kind))] },
        namespace: text('Namespace of the object'),
        name: text('Name of the object'),
      },
      { required: ['group', 'kind', 'namespace', 'name'] },
    ),
    patch: {
      description: 'A JSON patch (a list of steps), or a merge patch (a mapping)',
      anyOf: [
        {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            properties: {
              op: { enum: ['add', 'remove', 'replace', 'test', 'copy', 'move'] },
              path: text('Such as /spec/http/0/timeout', { pattern: '^/' }),
              from: text('Of copy and move'),
              value: {},
            },
            required: ['op', 'path'],
          },
        },
        { type: 'object' },
      ],
    },
  },
  { required: ['clusterSelector', 'target', 'patch'] },
);

const metadata: JsonSchema = {
  type: 'object',
  properties: {
    name: text('A DNS name', { maxLength: 180 }),
    namespace: text('Has to be said, since clusters differ in their default'),
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    annotations: {
      type: 'object',
      properties: {
        [clustersAnnotation]: text(
          'For which clusters it is, by their labels, such as env=prod; left out: for all',
        ),
      },
      additionalProperties: { type: 'string' },
    },
  },
  required: ['name', 'namespace'],
};

type Named = Pick<DocumentKind, 'kind' | 'description'>;

function head({ kind, description }: Named, apiVersions: readonly string[]): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `https://isthmus.dev/schemas/${apiVersions[0]}/${kind}`,
    title: kind,
    description,
    type: 'object',
  };
}

function documentSchema(named: Named, apiVersions: readonly string[], spec: JsonSchema): string {
  return JSON.stringify({
    ...head(named, apiVersions),
    properties: {
      apiVersion: { enum: apiVersions },
      kind: { const: named.kind },
      metadata,
      spec,
    },
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
  });
}

function documentOf(
  apiVersion: string,
  kind: string,
  { name = 'default', namespace = 'shop', spec }: Omit<DocumentExample, 'description'>,
): string {
  return `apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: ${name}
  namespace: ${namespace}
spec:${spec.replaceAll('\n', '\n  ')}
`;
}
