import { LabelSelector } from '@isthmus/contracts';
import { IsthmusError, isLabelKey, isLabelValue } from '@isthmus/kernel';

/** A Kubernetes label selector, as the API takes it. */
export interface LabelSelectorInput {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?: readonly LabelRequirementInput[] | undefined;
}

export interface LabelRequirementInput {
  readonly key: string;
  /** In, NotIn, Exists or DoesNotExist. */
  readonly operator: string;
  /** For In and NotIn, at least one; else none. */
  readonly values?: readonly string[] | undefined;
}

const mostTerms = 50;

function keyFault(key: string): string | undefined {
  return isLabelKey(key) ? undefined : `'${key.slice(0, 80)}' is no label key`;
}

function valueFault(value: string): string | undefined {
  return isLabelValue(value) ? undefined : `'${value.slice(0, 80)}' is no label value`;
}

/** Why a pair is no Kubernetes label; undefined if it is one. */
export function selectorLabelFault(key: string, value: string): string | undefined {
  return keyFault(key) ?? valueFault(value);
}

/**
 * Checks a selector as Kubernetes does.
 *
 * @param field named in the error, such as `namespaceSelector`.
 * @returns it in the form of the wire; labels in the order of their keys.
 * @throws INVALID_ARGUMENT saying which term is wrong.
 */
export function parseSelector(field: string, input: LabelSelectorInput): LabelSelector {
  const labels = Object.entries(input.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = input.matchExpressions ?? [];
  if (labels.length + expressions.length > mostTerms) {
    throw invalid(field, `has more than ${mostTerms} terms`);
  }
  for (const [key, value] of labels) {
    const fault = selectorLabelFault(key, value);
    if (fault) throw invalid(field, fault, 'matchLabels');
  }
  return {
    matchLabels: Object.fromEntries(labels),
    matchExpressions: expressions.map((term, index) =>
      parseRequirement(field, `matchExpressions.${index}`, term),
    ),
  };
}

function parseRequirement(
  field: string,
  part: string,
  { key, operator, values = [] }: LabelRequirementInput,
): LabelSelector['matchExpressions'][number] {
  const fault = keyFault(key) ?? values.map(valueFault).find((found) => found !== undefined);
  const refuse = (message: string): IsthmusError => invalid(field, message, part);
  if (fault) throw refuse(fault);
  if (values.length > mostTerms) throw refuse(`${key} has more than ${mostTerms} values`);
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) throw refuse(`${key} ${operator} needs values`);
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) throw refuse(`${key} ${operator} takes no values`);
  } else {
    throw refuse('the operator must be In, NotIn, Exists or DoesNotExist');
  }
  return { key, operator, values: [...values] };
}

/** Whether a selector selects everything. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels).length === 0 && selector.matchExpressions.length === 0;
}

function invalid(field: string, message: string, part?: string): IsthmusError {
  const where = part === undefined ? field : `${field}.${part}`;
  return new IsthmusError('INVALID_ARGUMENT', `${field}: ${message}`, { field: where });
}
