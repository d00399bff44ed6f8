import type { ExportPolicyIntent, ExportStatusIntent } from '@isthmus/contracts';
import { isNamespacedName, splitNamespacedName } from '@isthmus/kernel';
import type { Conditioned, ObjectCondition } from '../kube/kinds.js';
import { type Applier, nothing, type Plan, type View } from './plan.js';

/** Tells the owner of a ServiceExport, where there is one, what the mesh made of it. */
export const exportStatusApplier: Applier<ExportStatusIntent> = {
  plan(name, intent, view): Plan {
    const kind = view.kind('ServiceExport');
    if (!kind || !isNamespacedName(name)) return nothing;
    const ref = splitNamespacedName(name);
    const exported = view.serviceExport(ref.namespace, ref.name);
    if (!exported) return nothing;
    const isServed = intent.valid && !intent.conflict;
    const conditions = [
      condition('Valid', intent.valid, intent, 'Valid', exported, view),
      condition('Ready', isServed, intent, 'Exported', exported, view),
      condition('Conflict', intent.conflict, intent, 'NoConflicts', exported, view),
    ];
    const metadata = { ...ref, uid: exported.metadata.uid };
    return { objects: [{ kind, object: { metadata, status: { conditions } }, fragment: true }] };
  },
};

/** A policy decides which facts are reported; it makes no objects. */
export const exportPolicyApplier: Applier<ExportPolicyIntent> = { plan: () => nothing };

/**
 * @param usual The reason when all is well; the plane's words explain anything else.
 */
function condition(
  type: string,
  is: boolean,
  intent: ExportStatusIntent,
  usual: string,
  exported: Conditioned,
  view: View,
): ObjectCondition {
  const isWell = is !== (type === 'Conflict');
  const status = is ? 'True' : 'False';
  // A Conflict explains what is not ready; an invalid export is no conflict by that alone.
  const reason = isWell ? usual : (reasonPattern.test(intent.reason) && intent.reason) || 'Refused';
  const before = exported.status?.conditions?.find((candidate) => candidate.type === type);
  return {
    type,
    status,
    reason,
    message: isWell ? '' : intent.message.slice(0, 32_768),
    observedGeneration: exported.metadata.generation ?? 0,
    lastTransitionTime:
      before?.status === status && before.lastTransitionTime
        ? before.lastTransitionTime
        : view.now.toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

const reasonPattern = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
