/** A file of a bundle, as its author wrote it. */
export interface SourceFile {
  /** Relative, with `/`; such as `shop/routes.yaml`. */
  readonly path: string;
  readonly content: string;
}

/** Where something stands in a bundle; lines count from 1. */
export interface Place {
  readonly path: string;
  readonly line: number;
}

/** What is wrong with a bundle, or looks wrong, and what to do about it. */
export interface Problem {
  /** An error keeps the bundle from being released; a warning does not. */
  readonly severity: 'error' | 'warning';
  /** Stable, such as `SchemaViolation`. */
  readonly code: string;
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
  readonly place?: Place | undefined;
  /** `<Kind> <namespace>/<name>`. */
  readonly object?: string | undefined;
}

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Kubernetes's label selector: all terms hold. Empty selects everything. */
export type Selector = readonly SelectorTerm[];
export interface SelectorTerm {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/** An object of one of `configurationKinds`, as it is to be in every cluster that it selects. */
export interface ConfigurationObject {
  readonly group: string;
  /** The best of its kind's versions, whichever was written. */
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Without those that speak to Isthmus. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
  /** By labels of clusters. */
  readonly clusters: Selector;
  readonly place: Place;
  /** What it was compiled from, as `<Kind> <namespace>/<name>`; undefined for what was written. */
  readonly compiledFrom?: string | undefined;
}

/** A document in the operator's words (`apiVersion: isthmus.dev/v1alpha1`), not compiled yet. */
export interface IntentDocument {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: JsonObject;
  readonly clusters: Selector;
  readonly place: Place;
  /** Line of a path in the document, as far as it is there; such as `['spec', 'allow', 0]`. */
  lineOf(path: readonly (string | number)[]): number;
}

/** What is different in some clusters (`kind: ClusterOverride`). */
export interface Override {
  readonly name: string;
  readonly clusters: Selector;
  readonly target: {
    readonly group: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  };
  /** A JSON patch (RFC 6902), or a merge patch (RFC 7386), of the object's `metadata` and `spec`. */
  readonly patch:
    | { readonly type: 'json'; readonly steps: readonly JsonObject[] }
    | { readonly type: 'merge'; readonly merge: JsonObject };
  readonly place: Place;
}

/** `<Kind> <namespace>/<name>` */
export function labelOf(object: {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}): string {
  return `${object.kind} ${object.namespace}/${object.name}`;
}
