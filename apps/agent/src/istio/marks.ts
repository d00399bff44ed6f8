/** How the agent marks what it has of Istio; beside `Marks` of the intents' objects, which are made otherwise. */
export const IstioMarks = {
  /** Label: "revision" on the Deployment of an istiod that we may change and remove, "tag" on a tag's webhook. */
  managed: 'isthmus.dev/managed',
  /** Annotation on such a Deployment: "install" if it was made by us, "adopt" if it was there before. */
  origin: 'isthmus.dev/origin',
  /** Annotation on such a Deployment: SHA-256, hex, of the archive of its chart. */
  chartDigest: 'isthmus.dev/chart-digest',
  /** Annotation on Istio's CRDs: version of the Istio that they are of. */
  version: 'isthmus.dev/istio-version',
} as const;

/** Istio's own. */
export const Labels = {
  revision: 'istio.io/rev',
  tag: 'istio.io/tag',
  injection: 'istio-injection',
} as const;

export const defaultName = 'default';

/** Names of an istiod's objects end in this; those of the revision "default" have no end of their own. */
export function suffixOf(revision: string): string {
  return revision === defaultName ? '' : `-${revision}`;
}
