import { createHash } from 'node:crypto';
import { configurationKind } from '@isthmus/contracts';
import {
  type ConfigurationObject,
  type IntentDocument,
  type Json,
  type JsonObject,
  labelOf,
  type Selector,
} from '../objects.js';

/** Istio's root namespace: what stands there without a selector holds in every namespace. */
export const rootNamespace = 'istio-system';

type Source = Pick<IntentDocument, 'namespace' | 'clusters' | 'place'>;

/** @param id `<Kind>.<group>` */
export function objectOf(
  id: string,
  name: string,
  spec: JsonObject,
  source: Source,
  compiledFrom: string,
): ConfigurationObject {
  const kind = configurationKind(id);
  const version = kind?.versions[0];
  if (!kind || !version) throw new Error(`${id} is not a kind of configuration`);
  return {
    group: kind.group,
    version,
    kind: kind.kind,
    namespace: source.namespace,
    name: cut(name),
    labels: {},
    annotations: {},
    spec,
    clusters: source.clusters,
    place: source.place,
    compiledFrom,
  };
}

export function objectFrom(
  document: IntentDocument,
  id: string,
  name: string,
  spec: JsonObject,
): ConfigurationObject {
  return objectOf(id, name, spec, document, labelOf(document));
}

/** Kubernetes's limit on names. What is longer ends in a hash of all of it, so that it stays its own. */
function cut(name: string): string {
  if (name.length <= 253) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 10);
  return `${name.slice(0, 242).replace(/[^a-z0-9]+$/, '')}-${hash}`;
}

/** Without what is not there. */
export function present(values: Readonly<Record<string, Json | undefined>>): JsonObject {
  const entries = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

/** Whether both select the same clusters by the same words, in whatever order. */
export function isSameSelector(a: Selector, b: Selector): boolean {
  return canonical(a) === canonical(b);
}

/** Whether no cluster can be in both. */
export function isDisjoint(a: Selector, b: Selector): boolean {
  return a.some((one) =>
    b.some(
      (two) =>
        one.key === two.key &&
        one.operator === 'In' &&
        two.operator === 'In' &&
        !one.values.some((value) => two.values.includes(value)),
    ),
  );
}

function canonical(selector: Selector): string {
  const terms = selector.map(({ key, operator, values }) =>
    JSON.stringify([key, operator, [...new Set(values)].sort()]),
  );
  return [...new Set(terms)].sort().join();
}
