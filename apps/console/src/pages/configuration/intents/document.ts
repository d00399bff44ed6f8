import { parseDocument, stringify } from 'yaml';
import { documentsOf } from '../yaml-documents.js';
import { fromObject, isObject, type JsonObject, toObject, type Values } from './fields.js';
import { type IntentKind, intentKind } from './kinds.js';

const apiVersion = 'isthmus.dev/v1alpha1';
const clustersAnnotation = 'isthmus.dev/clusters';

/** An intent, as its form holds it. */
export interface IntentForm {
  readonly kind: IntentKind;
  readonly name: string;
  readonly namespace: string;
  /** Label selector over clusters; empty: all. */
  readonly clusters: string;
  readonly spec: Values;
}

/** The document that a form says. */
export function toYaml({ kind, name, namespace, clusters, spec }: IntentForm): string {
  const annotations = clusters === '' ? {} : { annotations: { [clustersAnnotation]: clusters } };
  const document = {
    apiVersion,
    kind: kind.kind,
    metadata: { name, namespace, ...annotations },
    spec: toObject(kind.fields, spec),
  };
  return stringify(document, { lineWidth: 0 });
}

/** @returns undefined if the text is no intent, or says what the form cannot. */
export function fromYaml(text: string): IntentForm | undefined {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length > 0) return undefined;
  const json: unknown = document.toJS({ maxAliasCount: 0 });
  if (!isObject(json)) return undefined;
  const { apiVersion: version, kind: kindName, metadata, spec, ...more } = json;
  const kind = typeof kindName === 'string' ? intentKind(kindName) : undefined;
  if (version !== apiVersion || !kind || !isObject(metadata) || Object.keys(more).length > 0) {
    return undefined;
  }
  const { name, namespace = '', annotations = {}, ...others } = metadata;
  const values = fromObject(kind.fields, isObject(spec) ? spec : {});
  if (!values || Object.keys(others).length > 0 || !isObject(annotations)) return undefined;
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  const clusters = clustersOf(annotations);
  return clusters === undefined ? undefined : { kind, name, namespace, clusters, spec: values };
}

function clustersOf(annotations: JsonObject): string | undefined {
  const { [clustersAnnotation]: clusters = '', ...others } = annotations;
  return typeof clusters === 'string' && Object.keys(others).length === 0 ? clusters : undefined;
}

/** An intent in a file. */
export interface FoundIntent {
  readonly path: string;
  /** Of the document in its file. */
  readonly document: number;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Undefined if the form cannot say all of it. */
  readonly form: IntentForm | undefined;
  /** Whether comments stand in it, which a form does not keep. */
  readonly hasComments: boolean;
}

export function intentsIn(path: string, content: string): FoundIntent[] {
  if (!content.includes(apiVersion)) return [];
  return documentsOf(content).flatMap(({ text }, document): FoundIntent[] => {
    if (!text.includes(apiVersion)) return [];
    const json: unknown = parseQuietly(text);
    if (!isObject(json) || json.apiVersion !== apiVersion || !isObject(json.metadata)) return [];
    const { kind, metadata } = json;
    if (typeof kind !== 'string' || !intentKind(kind)) return [];
    const { name = '', namespace = '' } = metadata;
    return [
      {
        path,
        document,
        kind,
        name: String(name),
        namespace: String(namespace),
        form: fromYaml(text),
        hasComments: /(^|\s)#/m.test(text),
      },
    ];
  });
}

function parseQuietly(text: string): unknown {
  try {
    return parseDocument(text, { logLevel: 'silent' }).toJS({ maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

/** Where a new one would be looked for: `shop/access-policy-payments.yaml`. */
export function usualPath({ kind, name, namespace }: IntentForm): string {
  const words = kind.kind.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
  const file = [words, name].filter((part) => part !== '').join('-');
  return `${namespace === '' ? 'intents' : namespace}/${file}.yaml`;
}
