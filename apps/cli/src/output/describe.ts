import type { Plain } from './plain.js';
import { printable, Table } from './table.js';
import { ago } from './times.js';

const nothing = '-';

/** An object in full, for a person: names and values, lists of like things as tables. */
export function describe(value: Plain, indent = ''): string[] {
  if (!isObject(value)) return [`${indent}${scalar(value)}`];
  const entries = Object.entries(value);
  const width = Math.max(0, ...entries.map(([key]) => titleOf(key).length)) + 2;
  return entries.flatMap(([key, inner]) => {
    const title = `${titleOf(key)}:`;
    if (isLeaf(inner)) {
      const [first = '', ...others] = scalar(inner).split('\n');
      if (others.length === 0) return [`${indent}${title.padEnd(width)}${first}`.trimEnd()];
      return [`${indent}${title}`, ...[first, ...others].map((line) => `${indent}  ${line}`)];
    }
    return [`${indent}${title}`, ...below(inner, `${indent}  `)];
  });
}

function below(value: Plain, indent: string): string[] {
  if (!Array.isArray(value)) return describe(value, indent);
  const rows = value as readonly Plain[];
  if (!rows.every(isObject)) return rows.map((row) => `${indent}${scalar(row)}`);
  if (rows.every((row) => Object.values(row).every(isShort))) {
    // What none of them has is no column.
    const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) =>
      rows.some((row) => scalar(row[key]) !== nothing),
    );
    const table = new Table<Record<string, Plain>>(
      keys.map((key) => ({ title: titleOf(key).toUpperCase(), cell: (row) => scalar(row[key]) })),
    );
    return table.lines(rows).map((line) => indent + line);
  }
  return rows.flatMap((row) =>
    describe(row, `${indent}  `).map((line, at) =>
      at === 0 ? `${indent}- ${line.trimStart()}` : line,
    ),
  );
}

function isObject(value: Plain | undefined): value is Record<string, Plain> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fits behind its name. */
function isLeaf(value: Plain): boolean {
  if (Array.isArray(value)) return value.every((it) => typeof it !== 'object' || it === null);
  return !isObject(value) || Object.values(value).every(isWord);
}

function isWord(value: Plain): boolean {
  return typeof value === 'string' && /^\S*$/.test(value);
}

/** Fits into a cell. */
function isShort(value: Plain): boolean {
  return isLeaf(value) && !scalar(value).includes('\n');
}

function scalar(value: Plain | undefined): string {
  if (value === null || value === undefined || value === '') return nothing;
  if (Array.isArray(value)) return value.length === 0 ? nothing : value.map(scalar).join(', ');
  if (isObject(value)) {
    return (
      Object.entries(value)
        .map(([key, it]) => `${key}=${it}`)
        .join(',') || nothing
    );
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const text = printable(String(value));
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? `${text} (${ago(text)})` : text.trimEnd();
}

/** `lastContactAt` as `Last contact at`. */
function titleOf(key: string): string {
  const words = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
