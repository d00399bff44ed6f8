import { IstioMarks } from '../marks.js';

/** What the steward writes on objects so that who comes after it knows how far it was. */
export const StewardMarks = {
  ...IstioMarks,
  /** Annotation on the Deployment of an istiod: of which wish it is; empty while that is brought about. */
  wish: 'isthmus.dev/wish',
  /** Label on the Secret of a Helm release: of which wish it is. */
  releaseWish: 'isthmus.dev/wish',
  /** Annotation of a workload's template: of which revision its proxies were to be. */
  restartedFor: 'isthmus.dev/restarted-for',
  /** As kubectl writes it. */
  restartedAt: 'kubectl.kubernetes.io/restartedAt',
  /** Annotation on a Gateway whose label istio.io/rev is ours: what the label was before; empty for none. */
  pinnedFrom: 'isthmus.dev/pinned-from',
  /** Annotation on such a Gateway: which parts of its infrastructure are ours as well, with commas. */
  pinnedParts: 'isthmus.dev/pinned-parts',
  /** Annotation on the injector without a revision while the default tag serves in its place: its selectors. */
  deactivated: 'isthmus.dev/deactivated',
} as const;
