import { isId } from '../api/api.js';
import { CliError, usageError } from '../errors.js';
import type { Column } from '../output/table.js';
import type { Session } from '../session.js';

/** A kind of thing that the API knows, by the name that it has there. */
export interface Noun<Row = unknown> {
  /** Plural, where there are several. */
  readonly name: string;
  /** What else it is called by; the first is its singular. */
  readonly aliases: readonly string[];
  readonly about: string;
  readonly columns: readonly Column<Row>[];
  /** Whether the bell of the mesh rings when one changes. */
  readonly isOfMesh?: boolean;
  /** All there are, as far as somebody reads on. */
  rows(session: Session): AsyncIterable<Row>;
  idOf(row: Row): string;
  /** By which people call it, where that is not its id. */
  nameOf?(row: Row): string;
  /** The one of that name, where the API finds it; without it all are looked through. */
  named?(session: Session, name: string): Promise<Row | null | undefined>;
  /** What else it may be called by. */
  isCalled?(row: Row, ref: string): boolean;
  /** All that can be said of one; its row unless there is more. */
  detail?(session: Session, row: Row): Promise<unknown>;
}

/** Has the type of its rows checked here, and forgotten outside. */
export function noun<Row>(of: Noun<Row>): Noun {
  return of as unknown as Noun;
}

export function nameOf(noun: Noun, row: unknown): string {
  return noun.nameOf?.(row) ?? noun.idOf(row);
}

/** All that are called so; an id is one thing's alone. */
export async function findAll(noun: Noun, session: Session, ref: string): Promise<unknown[]> {
  const found: unknown[] = [];
  if (noun.named && !isId(ref)) {
    const row = await noun.named(session, ref);
    if (row) found.push(row);
  } else {
    for await (const row of noun.rows(session)) {
      if (noun.idOf(row) === ref) return [row];
      if (nameOf(noun, row) === ref || noun.isCalled?.(row, ref)) found.push(row);
    }
  }
  if (found.length === 0) {
    throw new CliError('NOT_FOUND', `there is no ${noun.aliases[0]} ${ref}`);
  }
  return found;
}

/**
 * The one that is called so.
 *
 * @throws NOT_FOUND; USAGE where several are.
 */
export async function findOne(noun: Noun, session: Session, ref: string): Promise<unknown> {
  const found = await findAll(noun, session, ref);
  if (found.length > 1) {
    const ids = found.slice(0, 10).map((row) => noun.idOf(row));
    throw usageError(
      `several ${noun.name} are called ${ref}; say which by its id: ${ids.join(', ')}`,
    );
  }
  return found[0];
}
