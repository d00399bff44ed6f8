import { Loader, NativeSelect, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type ReactNode,
  useDeferredValue,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { RowsResult } from '../api/index.js';
import { type Column, type Facet, matching, sorted } from './columns.js';
import { Empty } from './empty.js';
import { ErrorNote } from './error-note.js';
import { FilterInput } from './filter-input.js';
import { useAddress } from './use-address.js';

/** Rows that are here already, as a list takes them. */
export function rowsOf<Row>(rows: readonly Row[]): RowsResult<Row> {
  return { rows, isPending: false, isLoadingMore: false, isCut: false, error: null };
}

interface RowsProps<Row> {
  /** What the list is of, for who cannot see it: `Clusters`. */
  readonly label: string;
  readonly of: RowsResult<Row>;
  readonly columns: readonly Column<Row>[];
  readonly facets?: readonly Facet<Row>[];
  readonly keyOf: (row: Row) => string;
  /** In place of the list when there is nothing at all. */
  readonly empty: ReactNode;
  /** Column it is sorted by unless the address says; `-key` for the other way; as it comes unless said. */
  readonly sort?: string;
  /** Tells lists of one page apart in the address. */
  readonly name?: string;
}

const rowHeight = 49;

/**
 * A list of up to ten thousand rows that filters, sorts and scrolls. How it is filtered and
 * sorted stands in the address. Only the rows in sight are in the page; on a phone each is a card.
 */
export function Rows<Row>(props: RowsProps<Row>) {
  const { label, of, columns, facets = [], keyOf, empty, sort: usual = '', name = '' } = props;
  const [params, setAddress] = useAddress();
  const at = (key: string): string => (name === '' ? key : `${name}.${key}`);
  const text = params.get(at('q')) ?? '';
  const sort = params.get(at('sort')) ?? usual;
  const chosen = facets.map(({ key }) => params.get(at(key)) ?? '');
  const set = (key: string, value: string): void => setAddress({ [at(key)]: value });

  const { rows } = of;
  const wanted = useDeferredValue(text);
  const chosenKey = chosen.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: columns and facets are made anew at each render, and mean the same
  const shown = useMemo(
    () => sorted(matching(rows, { columns, facets, text: wanted, chosen }), columns, sort),
    [rows, wanted, sort, chosenKey],
  );

  if (of.isPending && !of.error) {
    return (
      <Stack gap={6} aria-label={`${label} are loading`} role="status">
        {[1, 2, 3, 4].map((index) => (
          <Skeleton key={index} height={40} />
        ))}
      </Stack>
    );
  }
  if (rows.length === 0) return of.error ? <ErrorNote error={of.error} /> : empty;
  const isFiltered = shown.length < rows.length;
  return (
    <Stack gap="sm">
      <div className="rows-tools">
        <FilterInput label={label} value={text} onChange={(value) => set('q', value)} />
        {facets.map((facet, index) => (
          <NativeSelect
            key={facet.key}
            aria-label={facet.label}
            data={[
              { value: '', label: facet.label },
              ...[...new Set(rows.map(facet.value))]
                .sort()
                .map((value) => ({ value, label: value })),
            ]}
            value={chosen[index] ?? ''}
            onChange={(event) => set(facet.key, event.currentTarget.value)}
            className="rows-facet"
          />
        ))}
        <Text size="sm" c="dimmed" aria-live="polite" className="rows-count">
          {isFiltered ? `${shown.length} of ${rows.length}` : rows.length}
          {of.isCut && ' (there are more: ask the API for them)'}
          {of.isLoadingMore && <Loader size={12} ml={6} aria-label="Loading more" />}
        </Text>
      </div>
      <ErrorNote error={of.error} />
      {shown.length === 0 ? (
        <Empty title="Nothing matches">
          Take a word out of the filter, or choose something else.
        </Empty>
      ) : (
        <Grid
          label={label}
          rows={shown}
          columns={columns}
          keyOf={keyOf}
          sort={sort}
          onSort={(next) => set('sort', next)}
        />
      )}
    </Stack>
  );
}

interface GridProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly sort: string;
  onSort(sort: string): void;
}

function Grid<Row>({ label, rows, columns, keyOf, sort, onSort }: GridProps<Row>) {
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  // What stands above it may grow, and another list may.
  useLayoutEffect(() => {
    const measure = (): void => {
      if (body.current) setOffset(body.current.getBoundingClientRect().top + scrollY);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: 6,
    scrollMargin: offset,
    getItemKey: (index) => keyOf(rows[index] as Row),
  });
  const widths = columns.map(({ width = 'minmax(110px, 1fr)' }) => width);
  // What does not fit is scrolled to sideways, not cut off.
  const least = widths.reduce((sum, width) => sum + Number(width.match(/(\d+)px/)?.[1] ?? 0), 0);
  const style = {
    '--columns': widths.join(' '),
    '--least': `${least + 12 * (widths.length - 1) + 28}px`,
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <table> cannot leave out the rows that are out of sight
    <div
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      className="rows"
      style={style as never}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: a row of heads is not to be focused */}
      <div role="row" aria-rowindex={1} className="rows-head">
        {columns.map((column) => (
          <Head key={column.key} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div
        role="rowgroup"
        ref={body}
        style={{ height: virtual.getTotalSize(), position: 'relative' }}
      >
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index] as Row;
          return (
            // biome-ignore lint/a11y/useSemanticElements: as above
            // biome-ignore lint/a11y/useFocusableInteractive: what is in it is
            <div
              key={key}
              role="row"
              aria-rowindex={index + 2}
              data-index={index}
              ref={virtual.measureElement}
              className="row"
              style={{ transform: `translateY(${start - offset}px)` }}
            >
              {columns.map((column) => (
                // biome-ignore lint/a11y/useSemanticElements: as above
                <div key={column.key} role="cell" className="cell" data-title={column.title}>
                  <div className="cell-body">{column.cell(row)}</div>
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface HeadProps<Row> {
  readonly column: Column<Row>;
  readonly sort: string;
  onSort(sort: string): void;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const { key, title, value } = column;
  const isUp = sort === key;
  const isDown = sort === `-${key}`;
  const order = isUp ? 'ascending' : isDown ? 'descending' : 'none';
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above
    // biome-ignore lint/a11y/useFocusableInteractive: the button in it is
    <div role="columnheader" aria-sort={value ? order : undefined} className="cell">
      {value ? (
        <button type="button" onClick={() => onSort(isUp ? `-${key}` : key)}>
          {title}
          {isUp && <IconArrowUp size={14} aria-hidden />}
          {isDown && <IconArrowDown size={14} aria-hidden />}
        </button>
      ) : title === '' ? (
        <VisuallyHidden>Actions</VisuallyHidden>
      ) : (
        title
      )}
    </div>
  );
}
