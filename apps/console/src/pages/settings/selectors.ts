import type { LabelSelectorInput } from '../../api/generated/graphql.js';

/** As Kubernetes writes them. */
export const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;
export type Operator = (typeof operators)[number];

/** A label selector as the API has it. */
export interface Selector {
  readonly matchLabels: readonly { readonly key: string; readonly value: string }[];
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

/** A line of the form: `equals` is one of matchLabels, the others are matchExpressions. */
export interface Term {
  /** Of the line, for the form alone. */
  readonly id: string;
  readonly key: string;
  readonly operator: 'equals' | Operator;
  readonly values: readonly string[];
}

let lines = 0;

export function newTerm(): Term {
  lines += 1;
  return { id: `${lines}`, key: '', operator: 'equals', values: [] };
}

export function takesValues(operator: Term['operator']): boolean {
  return operator !== 'Exists' && operator !== 'DoesNotExist';
}

export function termsOf({ matchLabels, matchExpressions }: Selector): Term[] {
  return [
    ...matchLabels.map(({ key, value }) => ({ ...newTerm(), key, values: [value] })),
    ...matchExpressions.map(({ key, operator, values }) => ({
      ...newTerm(),
      key,
      operator: operators.find((known) => known === operator) ?? 'In',
      values,
    })),
  ];
}

/** For the API; a line without a key says nothing. */
export function selectorOf(terms: readonly Term[]): LabelSelectorInput {
  const said = terms.filter(({ key }) => key.trim() !== '');
  return {
    matchLabels: said
      .filter(({ operator }) => operator === 'equals')
      .map(({ key, values }) => ({ key: key.trim(), value: values[0]?.trim() ?? '' })),
    matchExpressions: said
      .filter(({ operator }) => operator !== 'equals')
      .map(({ key, operator, values }) => ({
        key: key.trim(),
        operator,
        values: takesValues(operator) ? [...values] : [],
      })),
  };
}

/**
 * Why two lines of matchLabels cannot both be said: a label has one value.
 *
 * @returns the key that is there twice; undefined if there is none.
 */
export function doubledKey(terms: readonly Term[]): string | undefined {
  const keys = terms.filter(({ operator }) => operator === 'equals').map(({ key }) => key.trim());
  return keys.find((key, index) => key !== '' && keys.indexOf(key) !== index);
}

/** As kubectl writes it: `team=shop,tier in (web,api),!legacy`; `every one` when it is empty. */
export function inWords({ matchLabels, matchExpressions }: Selector): string {
  const terms = [
    ...matchLabels.map(({ key, value }) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
    }),
  ];
  return terms.length === 0 ? 'every one' : terms.join(', ');
}
