import { stripVTControlCharacters } from 'node:util';

export interface Column<Row> {
  readonly title: string;
  /** Shown by `-o wide` alone. */
  readonly isWide?: boolean;
  cell(row: Row): string | number | null | undefined;
}

const gap = '   ';
const nothing = '-';

/** Rows below titles; columns are as wide as what is in them. */
export class Table<Row> {
  private readonly widths: number[];

  constructor(private readonly columns: readonly Column<Row>[]) {
    this.widths = columns.map(({ title }) => title.length);
  }

  /** Lines of these rows; those of the titles first unless they are left out. */
  lines(rows: readonly Row[], withTitles = true): string[] {
    const cells = rows.map((row) => this.columns.map((column) => textOf(column.cell(row))));
    for (const line of cells) {
      line.forEach((cell, at) => {
        this.widths[at] = Math.max(this.widths[at] ?? 0, widthOf(cell));
      });
    }
    const titles = this.columns.map(({ title }) => title);
    return (withTitles ? [titles, ...cells] : cells).map((line) => this.line(line));
  }

  private line(cells: readonly string[]): string {
    return cells
      .map((cell, at) => cell + ' '.repeat(Math.max(0, (this.widths[at] ?? 0) - widthOf(cell))))
      .join(gap)
      .trimEnd();
  }
}

function textOf(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === '') return nothing;
  // A line of its own would break the table, and control characters the terminal.
  return printable(String(value)).replace(/\s+/g, ' ');
}

/** Without what a terminal would act on, but for the colours that are ours. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/\x1b(?!\[\d+m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g, '');
}

function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
