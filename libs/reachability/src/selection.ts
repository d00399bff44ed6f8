import type { ConfigurationObject, Json, JsonObject } from '@isthmus/releases';

/** Yes, no, or not to be told by what the plane knows. */
export type Answer = 'yes' | 'no' | 'unknown';

export const istioNamespace = 'istio-system';

/** Labels that by custom carry the name of the service that their pods are behind. */
const nameLabels = ['app', 'app.kubernetes.io/name', 'service.istio.io/canonical-name', 'k8s-app'];

/** The pods behind a service, as far as they are known: their labels never leave the cluster. */
export interface Pods {
  readonly namespace: string;
  /** Of the service. */
  readonly name: string;
  /** Whether there is another service of that name in the namespace. */
  isService(name: string): boolean;
}

/**
 * Whether an object of Istio's security kinds is for these pods. `app: payments` is taken to mean the
 * pods of the service payments, as in the operator's words (`service: payments`) it does.
 */
export function selects({ namespace, spec }: ConfigurationObject, pods: Pods): Answer {
  if (namespace !== pods.namespace && namespace !== istioNamespace) return 'no';
  // These are for gateways and waypoints; sidecars pass them over.
  if (spec.targetRef !== undefined || spec.targetRefs !== undefined) return 'no';
  const labels = Object.entries(labelsOf(spec));
  const answers = labels.map(([key, value]): Answer => {
    if (!nameLabels.includes(key)) return 'unknown';
    if (value === pods.name) return 'yes';
    return pods.isService(String(value)) ? 'no' : 'unknown';
  });
  return all(answers);
}

/** Labels that it selects, as `app=payments,tier=web`; empty for all pods. */
export function selectorText({ spec }: ConfigurationObject): string {
  return Object.entries(labelsOf(spec))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function labelsOf(spec: JsonObject): JsonObject {
  return objectOf(objectOf(spec.selector).matchLabels);
}

export function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function all(answers: readonly Answer[]): Answer {
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}

export function any(answers: readonly Answer[]): Answer {
  if (answers.includes('yes')) return 'yes';
  return answers.includes('unknown') ? 'unknown' : 'no';
}

export function not(answer: Answer): Answer {
  return answer === 'unknown' ? answer : answer === 'yes' ? 'no' : 'yes';
}

/** `<Kind> <namespace>/<name>` of what an operator wrote: the intent, where there is one. */
export function nameOf(object: ConfigurationObject): string {
  return object.compiledFrom ?? `${object.kind} ${object.namespace}/${object.name}`;
}
