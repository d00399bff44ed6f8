import { IsthmusError, isLabelKey, isLabelValue } from '@isthmus/kernel';
import type { Selector, SelectorTerm } from '../objects.js';

const longest = 4_096;
const mostTerms = 50;
const token = /\s*(==|!=|[!=(),]|[^\s!=(),]+)/y;

/**
 * Reads `env=prod,region in (eu,us),!legacy` as Kubernetes does, but for `<` and `>`.
 *
 * @returns terms as they were written; none for an empty text, which selects everything.
 * @throws INVALID_ARGUMENT saying what is wrong.
 */
export function parseSelector(text: string): Selector {
  if (text.length > longest) throw invalid(`it has more than ${longest} characters`);
  const tokens = tokensOf(text);
  const terms: SelectorTerm[] = [];
  while (tokens.length > 0) {
    terms.push(term(tokens));
    if (terms.length > mostTerms) throw invalid(`it has more than ${mostTerms} terms`);
    if (tokens.length === 0) break;
    expect(tokens, ',');
    if (tokens.length === 0) throw invalid("nothing follows the last ','");
  }
  return terms;
}

/** As Kubernetes: what has no such label is neither `in` nor kept out by `notin` and `!=`. */
export function matchesSelector(
  selector: Selector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const isIn = value !== undefined && values.includes(value);
    return operator === 'In' ? isIn : !isIn;
  });
}

/** The selector as it would be written; the same text for the same terms. */
export function formatSelector(selector: Selector): string {
  return selector
    .map(({ key, operator, values }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      if (values.length === 1) return `${key}${operator === 'In' ? '=' : '!='}${values[0]}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
    })
    .join(',');
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  token.lastIndex = 0;
  while (token.lastIndex < end) {
    const found = token.exec(text)?.[1];
    if (found === undefined) throw invalid('it cannot be read');
    tokens.push(found);
  }
  return tokens;
}

function term(tokens: string[]): SelectorTerm {
  if (tokens[0] === '!') {
    tokens.shift();
    return { key: key(tokens.shift()), operator: 'DoesNotExist', values: [] };
  }
  const name = key(tokens.shift());
  const next = tokens[0];
  if (next === undefined || next === ',') return { key: name, operator: 'Exists', values: [] };
  tokens.shift();
  if (next === '=' || next === '==' || next === '!=') {
    const isEmpty = tokens[0] === undefined || tokens[0] === ',';
    const values = [isEmpty ? '' : value(tokens.shift())];
    return { key: name, operator: next === '!=' ? 'NotIn' : 'In', values };
  }
  if (next === 'in' || next === 'notin') {
    return { key: name, operator: next === 'in' ? 'In' : 'NotIn', values: list(tokens) };
  }
  throw invalid(`after '${name}' there must be =, ==, !=, in or notin, not '${next.slice(0, 80)}'`);
}

function list(tokens: string[]): string[] {
  expect(tokens, '(');
  if (tokens[0] === ')') throw invalid('there must be a value between ( and )');
  const values = new Set<string>();
  for (;;) {
    values.add(tokens[0] === ',' || tokens[0] === ')' ? '' : value(tokens.shift()));
    if (values.size > mostTerms) throw invalid(`a term has more than ${mostTerms} values`);
    if (tokens[0] === ')') break;
    expect(tokens, ',');
  }
  tokens.shift();
  return [...values];
}

function expect(tokens: string[], wanted: string): void {
  const found = tokens.shift();
  if (found === wanted) return;
  throw invalid(
    `there must be '${wanted}' ${found === undefined ? 'at the end' : `before '${found.slice(0, 80)}'`}`,
  );
}

function key(text: string | undefined): string {
  if (text === undefined) throw invalid('a label key is missing at the end');
  if (!isLabelKey(text)) throw invalid(`'${text.slice(0, 80)}' is no label key`);
  return text;
}

function value(text: string | undefined): string {
  if (text === undefined) throw invalid('a value is missing at the end');
  if (!isLabelValue(text)) throw invalid(`'${text.slice(0, 80)}' is no label value`);
  return text;
}

function invalid(message: string): IsthmusError {
  return new IsthmusError(
    'INVALID_ARGUMENT',
    `the cluster selector cannot be used: ${message}; write it like 'env=prod,region in (eu,us),!legacy'`,
  );
}
