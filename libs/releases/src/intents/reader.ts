import {
  type IntentDocument,
  type Json,
  type JsonObject,
  labelOf,
  type Problem,
} from '../objects.js';
import type { Word } from './words.js';

type Path = readonly (string | number)[];

/**
 * The fields of one mapping of a document. What is read is known; {@link close} reports the rest.
 * A wrong value is reported where it stands and read as if it were not there, so that one look
 * finds all that is wrong.
 */
export class Fields {
  private readonly known = new Set<string>();

  constructor(
    readonly document: IntentDocument,
    private readonly path: Path,
    private readonly values: JsonObject,
    private readonly problems: Problem[],
  ) {}

  has(name: string): boolean {
    return Object.hasOwn(this.values, name);
  }

  isText(name: string): boolean {
    return this.has(name) && typeof this.values[name] === 'string';
  }

  /** Keys of a mapping whose keys are the operator's, but for those that are wrong. */
  keys(word: Word): string[] {
    return Object.keys(this.values).filter((key) => {
      if (word.test(key)) return true;
      this.invalid(key, `is not ${word.what}`, `write it like ${word.example}`);
      return false;
    });
  }

  text(name: string, word: Word): string | undefined {
    const value = this.take(name);
    return value === undefined ? undefined : this.word([name], value, word);
  }

  needText(name: string, word: Word): string {
    if (!this.has(name)) this.missing(name, word.example);
    return this.text(name, word) ?? '';
  }

  choice<T extends string>(name: string, options: readonly T[]): T | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const option = options.find((candidate) => candidate === value);
    if (option === undefined) {
      this.invalid(name, `is ${shown(value)}`, `write one of ${options.join(', ')}`);
    }
    return option;
  }

  number(name: string, least: number, most: number): number | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) {
      return value;
    }
    this.invalid(name, `is ${shown(value)}`, `write a whole number from ${least} to ${most}`);
    return undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'boolean') return value;
    this.invalid(name, `is ${shown(value)}`, 'write true or false');
    return undefined;
  }

  /** A list of texts, or of numbers where they are words; it is not empty. */
  texts(name: string, word: Word): string[] | undefined {
    return this.items(name)?.flatMap(
      (value, index) =>
        this.word([name, index], typeof value === 'number' ? String(value) : value, word) ?? [],
    );
  }

  ports(name: string): number[] | undefined {
    return this.items(name)?.flatMap((value, index) => {
      if (typeof value === 'number' && isPort(value)) return value;
      const remedy = 'write the number of a port, from 1 to 65535';
      this.report('error', 'InvalidIntent', [name, index], `is ${shown(value)}`, remedy);
      return [];
    });
  }

  object<T>(name: string, read: (fields: Fields) => T): T | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    return this.within([name], value, read);
  }

  /** A list of mappings. */
  list<T>(
    name: string,
    read: (fields: Fields, place: { index: number; isLast: boolean }) => T,
    isEmptyAllowed = false,
  ): T[] | undefined {
    return this.items(name, isEmptyAllowed)?.flatMap((value, index, all) => {
      const place = { index, isLast: index === all.length - 1 };
      const item = this.within([name, index], value, (fields) => read(fields, place));
      return item === undefined ? [] : [item];
    });
  }

  missing(name: string, example: string): void {
    const { problems, document, path } = this;
    problems.push({
      severity: 'error',
      code: 'InvalidIntent',
      message: `${shownPath([...path, name])} is missing`,
      remedy: `add it, such as ${name}: ${example}`,
      place: { path: document.place.path, line: document.lineOf(path) },
      object: labelOf(document),
    });
  }

  /** @param message what follows the field's name; such as `is 5` */
  invalid(name: string, message: string, remedy: string): void {
    this.report('error', 'InvalidIntent', [name], message, remedy);
  }

  unsupported(name: string, reason: string, remedy: string): void {
    this.report('error', 'NotSupportedByIstio', [name], reason, remedy);
  }

  /** Fields that read as if they could be asked for; each with why not, and what to do instead. */
  refuse(fields: Readonly<Record<string, readonly [reason: string, remedy: string]>>): void {
    for (const [name, [reason, remedy]] of Object.entries(fields)) {
      if (this.take(name) !== undefined) this.unsupported(name, reason, remedy);
    }
  }

  warn(code: string, name: string, message: string, remedy: string): void {
    this.report('warning', code, [name], message, remedy);
  }

  close(): void {
    const known = [...this.known].sort().join(', ');
    for (const name of Object.keys(this.values)) {
      if (this.known.has(name)) continue;
      const remedy = `take it out, or write one of ${known}`;
      this.report('error', 'UnknownField', [name], 'is not known here', remedy);
    }
  }

  private take(name: string): Json | undefined {
    this.known.add(name);
    return this.has(name) ? this.values[name] : undefined;
  }

  private items(name: string, isEmptyAllowed = false): readonly Json[] | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && (isEmptyAllowed || value.length > 0)) return value as Json[];
    const message = Array.isArray(value) ? 'is an empty list' : `is ${shown(value)}`;
    this.invalid(name, message, `write a list, or leave ${name} out`);
    return undefined;
  }

  private word(path: Path, value: Json, word: Word): string | undefined {
    if (typeof value === 'string' && word.test(value)) return value;
    const isUnquoted =
      (typeof value === 'number' || typeof value === 'boolean') && word.test(String(value));
    const remedy = isUnquoted
      ? `put it in quotes: ${JSON.stringify(String(value))}`
      : `write it like ${word.example}`;
    const message = `is ${shown(value)}, which is not ${word.what}`;
    this.report('error', 'InvalidIntent', path, message, remedy);
    return undefined;
  }

  private within<T>(path: Path, value: Json, read: (fields: Fields) => T): T | undefined {
    if (!isObject(value)) {
      const remedy = 'write a mapping of fields';
      this.report('error', 'InvalidIntent', path, `is ${shown(value)}`, remedy);
      return undefined;
    }
    const fields = new Fields(this.document, [...this.path, ...path], value, this.problems);
    const result = read(fields);
    fields.close();
    return result;
  }

  private report(
    severity: Problem['severity'],
    code: string,
    path: Path,
    message: string,
    remedy: string,
  ): void {
    const { document } = this;
    const full = [...this.path, ...path];
    this.problems.push({
      severity,
      code,
      message: `${shownPath(full)} ${message}`,
      remedy,
      place: { path: document.place.path, line: document.lineOf(full) },
      object: labelOf(document),
    });
  }
}

export function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65535;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shownPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part.slice(0, 80)}`))
    .join('')
    .slice(1);
}

function shown(value: Json): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? `'${value.slice(0, 80)}'` : String(value);
}
