import { describe, expect, it } from 'vitest';
import { type Column, type Facet, matching, sorted } from './columns.js';

interface Row {
  readonly name: string;
  readonly count: number | null;
  readonly state: string;
}

const rows: readonly Row[] = [
  { name: 'c10', count: 2, state: 'ok' },
  { name: 'c2', count: null, state: 'bad' },
  { name: 'a1', count: 10, state: 'ok' },
];
const columns: readonly Column<Row>[] = [
  { key: 'name', title: 'Name', value: ({ name }) => name, cell: () => null },
  { key: 'count', title: 'Count', value: ({ count }) => count, cell: () => null },
  { key: 'note', title: 'Note', cell: ({ state }) => state },
];
const facets: readonly Facet<Row>[] = [
  { key: 'state', label: 'Any state', value: ({ state }) => state },
];
const names = (of: readonly Row[]): string[] => of.map(({ name }) => name);
const found = (text: string, chosen: readonly string[] = ['']): string[] =>
  names(matching(rows, { columns, facets, text, chosen }));

describe('matching', () => {
  it('wants every word, anywhere, in any case', () => {
    expect(found('')).toEqual(['c10', 'c2', 'a1']);
    expect(found(' C ')).toEqual(['c10', 'c2']);
    expect(found('10 a')).toEqual(['a1']);
    expect(found('10 c nothing')).toEqual([]);
  });

  it('finds by values, not by what cells say', () => {
    expect(found('bad')).toEqual([]);
    expect(found('null')).toEqual([]);
  });

  it('leaves out what a facet does not want', () => {
    expect(found('', ['bad'])).toEqual(['c2']);
    expect(found('a', ['bad'])).toEqual([]);
  });
});

describe('sorted', () => {
  it('reads numbers in words as numbers', () => {
    expect(names(sorted(rows, columns, 'name'))).toEqual(['a1', 'c2', 'c10']);
    expect(names(sorted(rows, columns, '-name'))).toEqual(['c10', 'c2', 'a1']);
  });

  it('has what is not there first', () => {
    expect(names(sorted(rows, columns, 'count'))).toEqual(['c2', 'c10', 'a1']);
  });

  it('leaves rows as they come where there is nothing to sort by', () => {
    for (const sort of ['', 'note', 'nonsense']) expect(sorted(rows, columns, sort)).toBe(rows);
  });
});
