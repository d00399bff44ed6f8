import { isLabelKey, isLabelValue } from '@isthmus/kernel';
import type { Json } from '../objects.js';

/** Says in which clusters an object is to be; not part of the object. */
export const clustersAnnotation = 'isthmus.dev/clusters';

/** Keys by which Isthmus knows what is its own; a bundle may not set them. */
function isReserved(field: 'labels' | 'annotations', key: string): boolean {
  const prefix = key.includes('/') ? (key.split('/')[0] ?? '') : '';
  if (prefix === 'isthmus.dev' || prefix.endsWith('.isthmus.dev')) {
    return field === 'labels' || key !== clustersAnnotation;
  }
  return field === 'labels' && key === 'app.kubernetes.io/managed-by';
}

export interface PairFault {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Why a label or an annotation is not taken; undefined if it is. */
export function pairFault(
  field: 'labels' | 'annotations',
  key: string,
  value: Json,
): PairFault | undefined {
  const shown = `'${key.slice(0, 80)}'`;
  const code = field === 'labels' ? 'InvalidLabel' : 'InvalidAnnotation';
  if (isReserved(field, key)) {
    const remedy = 'remove it; Isthmus sets it by itself';
    return { code: 'ReservedKey', message: `${shown} is reserved for Isthmus`, remedy };
  }
  if (!isLabelKey(key)) {
    return { code, message: `${shown} is no key`, remedy: "write '[prefix/]name'" };
  }
  if (typeof value !== 'string') {
    return { code, message: `the value of ${shown} is no string`, remedy: 'put it in quotes' };
  }
  if (field === 'labels' && !isLabelValue(value)) {
    const message = `'${value.slice(0, 80)}' is no value of a label`;
    return { code, message, remedy: "write letters, digits, '-', '_' and '.', at most 63" };
  }
  return undefined;
}
