import type { ReactNode } from 'react';

/** A column of a list. */
export interface Column<Row> {
  /** Stands in the address when it is sorted by. */
  readonly key: string;
  readonly title: string;
  /** What it is sorted by, and found by; a column without is neither. */
  readonly value?: (row: Row) => string | number | null | undefined;
  readonly cell: (row: Row) => ReactNode;
  /** Of the grid: `minmax(160px, 2fr)`; `minmax(110px, 1fr)` unless said. */
  readonly width?: string;
}

/** A choice above the list that leaves some rows out. */
export interface Facet<Row> {
  readonly key: string;
  readonly label: string;
  readonly value: (row: Row) => string;
}

/** What a list is narrowed down to. */
export interface Wanted<Row> {
  readonly columns: readonly Column<Row>[];
  readonly facets: readonly Facet<Row>[];
  /** Words that must all be in a row, in any of its columns. */
  readonly text: string;
  /** Of each facet, in their order; empty for any. */
  readonly chosen: readonly string[];
}

export function matching<Row>(rows: readonly Row[], wanted: Wanted<Row>): Row[] {
  const { columns, facets, text, chosen } = wanted;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (facets.some(({ value }, index) => chosen[index] && value(row) !== chosen[index])) {
      return false;
    }
    if (words.length === 0) return true;
    const all = columns
      .map(({ value }) => value?.(row) ?? '')
      .join(' ')
      .toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** @param sort Key of a column, `-key` for the other way; as they come by any other. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: string,
): readonly Row[] {
  const key = sort.replace(/^-/, '');
  const value = columns.find((column) => column.key === key)?.value;
  if (!value) return rows;
  const sign = sort.startsWith('-') ? -1 : 1;
  return rows
    .map((row) => [value(row) ?? '', row] as const)
    .sort(([a], [b]) => sign * compare(a, b))
    .map(([, row]) => row);
}

const collator = new Intl.Collator('en', { numeric: true });

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(`${a}`, `${b}`);
}
