import type { JsonObject } from '../objects.js';
import type { Fields } from './reader.js';
import { dnsLabel, labelKey, labelValue } from './words.js';

/** Labels of the pods that are meant; undefined if they are all of the namespace. */
export type Workload = Readonly<Record<string, string>> | undefined;

/**
 * `service: payments` means the pods labelled `app: payments`; where they have other labels,
 * `workload: {…}` names them, and `workload: all` is the whole namespace (in istio-system, the
 * whole mesh). A policy selects pods and not Services, so the labels count, not the Service's selector; in istio-system they
 * count in every namespace.
 */
export function readWorkload(fields: Fields): Workload {
  if (!fields.has('service') && !fields.has('workload')) {
    fields.missing('service', 'payments, or workload: all for the whole namespace');
  }
  return readOptionalWorkload(fields);
}

/** As {@link readWorkload}, where saying nothing means the whole namespace. */
export function readOptionalWorkload(fields: Fields): Workload {
  const service = fields.text('service', dnsLabel);
  if (fields.isText('workload')) {
    if (fields.choice('workload', ['all']) && service !== undefined) {
      const remedy = 'leave out one of service and workload';
      fields.invalid('workload', `is all, and service names ${service}`, remedy);
    }
    return undefined;
  }
  const labels = fields.object('workload', readLabels);
  if (labels && Object.keys(labels).length === 0) {
    const remedy = 'name a label of the pods, or write workload: all';
    fields.invalid('workload', 'names no label', remedy);
  }
  return labels ?? (service === undefined ? undefined : { app: service });
}

export function readLabels(fields: Fields): Record<string, string> {
  const labels = fields
    .keys(labelKey)
    .map((key) => [key, fields.text(key, labelValue) ?? ''] as const);
  return Object.fromEntries(labels);
}

/** The `selector` of Istio's security kinds, to be spread. */
export function selectorOf(workload: Workload): JsonObject {
  return workload ? { selector: { matchLabels: workload } } : {};
}
