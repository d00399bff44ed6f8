import type { LabelSelector } from '@isthmus/contracts';

/** Whether labels match a selector, as Kubernetes does; no selector matches nothing, an empty one all. */
export function matches(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> = {},
): boolean {
  if (!selector) return false;
  const isEqual = ([key, value]: [string, string]): boolean => labels[key] === value;
  return (
    Object.entries(selector.matchLabels).every(isEqual) &&
    selector.matchExpressions.every(({ key, operator, values }) => {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          // An operator of a newer hub: exporting too little is the safe mistake.
          return false;
      }
    })
  );
}
