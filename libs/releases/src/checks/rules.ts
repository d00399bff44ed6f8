import { isIP } from 'node:net';
import { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import type { Json, JsonObject } from '../objects.js';
import { allDefinitions, type Rule, type StructuralSchema, walkSchema } from './definitions.js';

export interface Violation {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type CelValue = null | boolean | bigint | number | string | CelValue[] | Map<string, CelValue>;

/** A URL, as far as rules look at it. */
class CelUrl {
  constructor(readonly scheme: string) {}
}

/** What Kubernetes adds to CEL, as far as rules of our kinds use it. */
const environment = new Environment({ homogeneousAggregateLiterals: false })
  .registerVariable('self', 'dyn')
  .registerType('URL', { ctor: CelUrl, fields: {} })
  .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
  .registerFunction('isURL(string): bool', (text: string) => schemeOf(text) !== undefined)
  .registerFunction('url(string): URL', (text: string) => {
    const scheme = schemeOf(text);
    if (scheme === undefined) throw new Error('no URL');
    return new CelUrl(scheme);
  })
  .registerFunction('URL.getScheme(): string', (url: CelUrl) => url.scheme)
  // The library's own matches is of JavaScript: another syntax, and not linear.
  .registerFunction('string.re2Matches(string): bool', (text: string, pattern: string) =>
    linear(pattern).test(text),
  )
  // The library's has() does not look behind an index.
  .registerFunction('hasField(dyn, string): bool', (value: unknown, field: string) =>
    value instanceof Map ? value.has(field) : false,
  );

type Program = (context: { self: CelValue }) => unknown;
const programs = new Map<string, Program | undefined>();

/** @returns undefined if the library cannot compile it. */
function programOf(rule: string): Program | undefined {
  if (!programs.has(rule)) {
    const text = rule
      .replaceAll('.matches(', '.re2Matches(')
      .replace(/\bhas\((\w+(?:\.\w+)*\[\d+\](?:\.\w+)*)\.(\w+)\)/g, 'hasField($1, "$2")');
    let program: Program | undefined;
    try {
      const parsed = environment.parse(text);
      if (parsed.check().valid) program = parsed;
    } catch {
      program = undefined;
    }
    programs.set(rule, program);
  }
  return programs.get(rule);
}

/** Rules that compare with what was there before; there is no before in a bundle. */
function isTransition({ rule }: Rule): boolean {
  return /\boldSelf\b/.test(rule);
}

/** Rules that are not checked, since the library cannot compile them, as `<id> <path>: <rule>`. */
export function unsupportedRules(): string[] {
  const unsupported: string[] = [];
  for (const [id, { schema }] of allDefinitions()) {
    walkSchema(schema, (part, path) => {
      for (const rule of part['x-kubernetes-validations'] ?? []) {
        if (isTransition(rule) || programOf(rule.rule)) continue;
        unsupported.push(`${id} ${path}: ${rule.rule}`);
      }
    });
  }
  return unsupported;
}

/**
 * Holds a value against the rules of its schema, at every level.
 * @param value with defaults, and valid by the schema itself: that bounds the work, too.
 */
export function violations(schema: StructuralSchema, value: Json): Violation[] {
  const found: Violation[] = [];
  judge(schema, value, ['spec'], found);
  return found;
}

/** @returns the value as CEL has it, so that every level is converted once. */
function judge(
  schema: StructuralSchema | undefined,
  value: Json,
  path: readonly (string | number)[],
  found: Violation[],
): CelValue {
  const self = convert(schema, value, path, found);
  for (const rule of schema?.['x-kubernetes-validations'] ?? []) {
    const program = isTransition(rule) ? undefined : programOf(rule.rule);
    if (!program || holds(program, self)) continue;
    found.push({ path, message: rule.message ?? `it does not hold that ${rule.rule}` });
  }
  return self;
}

/** What a rule fails on does not pass, as in Kubernetes. */
function holds(program: Program, self: CelValue): boolean {
  try {
    return program({ self }) === true;
  } catch {
    return false;
  }
}

function convert(
  schema: StructuralSchema | undefined,
  value: Json,
  path: readonly (string | number)[],
  found: Violation[],
): CelValue {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item, index) =>
      judge(schema?.items, item, [...path, index], found),
    );
  }
  if (typeof value === 'number') {
    return schema?.type !== 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  if (typeof value !== 'object' || value === null) return value as null | boolean | string;
  const rest =
    typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const fields = new Map<string, CelValue>();
  for (const [key, item] of Object.entries(value as JsonObject)) {
    const isDeclared = Object.hasOwn(schema?.properties ?? {}, key);
    const property = isDeclared ? schema?.properties?.[key] : rest;
    fields.set(isDeclared ? celName(key) : key, judge(property, item, [...path, key], found));
  }
  return fields;
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** Kubernetes's spelling, in rules, of property names that CEL cannot take. */
function celName(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

const patterns = new Map<string, RE2JS>();

/** A pattern of a schema or a rule, of which there are a few dozen. */
export function linear(pattern: string): RE2JS {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    compiled = RE2JS.compile(pattern);
    patterns.set(pattern, compiled);
  }
  return compiled;
}

/**
 * The scheme of what Go's `url.ParseRequestURI` takes: `scheme:…`, or a path, which has the scheme
 * ''; undefined for anything else.
 */
function schemeOf(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what Go refuses.
  if (/[\x00-\x1f\x7f]/.test(text)) return undefined;
  // A query may hold anything.
  if (/%(?![0-9a-fA-F]{2})/.test(text.replace(/\?[^#]*/, '?'))) return undefined;
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1];
  if (scheme === undefined) return text.startsWith('/') ? '' : undefined;
  const rest = text.slice(scheme.length + 1);
  if (rest === '') return undefined;
  const authority = /^\/\/([^/?#]*)/.exec(rest)?.[1] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return /^(\[[0-9a-fA-F:.%]+\]|[^:[\]\\^`{|}<>" ]*)(:\d*)?$/.test(host)
    ? scheme.toLowerCase()
    : undefined;
}
