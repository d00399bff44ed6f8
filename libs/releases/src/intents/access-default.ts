import { type IntentDocument, labelOf, type Problem } from '../objects.js';
import { isDisjoint, objectFrom, rootNamespace } from './compiled.js';
import type { IntentKind } from './intent-kind.js';

/**
 * What happens to calls into a namespace that no AccessPolicy speaks of; in istio-system, into the
 * whole mesh. `allow` is what Istio does anyway, and so becomes nothing.
 *
 * Across clusters: each cluster refuses at its own workloads, whoever calls from wherever. The
 * passthrough of east-west gateways has no authorization, so they go on passing calls through.
 */
export const accessDefault: IntentKind = {
  kind: 'AccessDefault',
  description: 'Whether calls into a namespace are refused unless an AccessPolicy allows them',
  compile(document, spec) {
    const verdict = spec.choice('default', ['deny', 'allow']);
    if (verdict === undefined && !spec.has('default')) spec.missing('default', 'deny');
    if (verdict !== 'deny') return {};
    // Empty: an ALLOW policy of no rules, which selects every workload and lets nothing in.
    const policy = 'AuthorizationPolicy.security.istio.io';
    return { objects: [objectFrom(document, policy, document.name, {})] };
  },
};

/** Namespaces whose default is to allow, in a mesh whose default is to deny: that one holds. */
export function overruled(documents: readonly IntentDocument[]): Problem[] {
  const defaults = documents.filter(({ kind }) => kind === accessDefault.kind);
  const denials = defaults.filter(
    ({ namespace, spec }) => namespace === rootNamespace && spec.default === 'deny',
  );
  return defaults.flatMap((document): Problem[] => {
    const denial = denials.find(({ clusters }) => !isDisjoint(clusters, document.clusters));
    if (!denial || document.spec.default !== 'allow') return [];
    return [
      {
        severity: 'warning',
        code: 'StillRefused',
        message: `calls into ${document.namespace} are refused all the same, by ${labelOf(denial)}, which holds in every namespace`,
        remedy: 'write an AccessPolicy with workload: all and default: allow instead',
        place: { path: document.place.path, line: document.lineOf(['spec', 'default']) },
        object: labelOf(document),
      },
    ];
  });
}
