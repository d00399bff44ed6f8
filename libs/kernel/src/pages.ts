import { IsthmusError } from './errors.js';

/** Which part of a list is wanted: forward from a cursor (the last id seen). */
export interface PageRequest {
  /** 1 to 200; 50 unless said. */
  readonly first?: number | undefined;
  readonly after?: string | undefined;
}

/** A part of a list, in the order of its cursors. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly hasNext: boolean;
}

const largestPage = 200;

/** The size of the page. @throws INVALID_ARGUMENT for a size or a cursor that is none */
export function pageSize(request: PageRequest): number {
  const first = request.first ?? 50;
  if (!Number.isInteger(first) || first < 1 || first > largestPage) {
    throw new IsthmusError(
      'INVALID_ARGUMENT',
      `first must be 1 to ${largestPage}; page on with after`,
      { field: 'first' },
    );
  }
  // No cursor of ours is so long, and Postgres knows no NUL.
  if (request.after !== undefined && (request.after.length > 300 || request.after.includes('\0'))) {
    throw new IsthmusError('INVALID_ARGUMENT', 'after must be a cursor of the page before', {
      field: 'after',
    });
  }
  return first;
}

/** Cuts the extra row off that `pageSize(request) + 1` rows brought. */
export function toPage<T>(rows: readonly T[], size: number): Page<T> {
  return { items: rows.slice(0, size), hasNext: rows.length > size };
}
