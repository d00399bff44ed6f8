import { isMap, isPair, isScalar, isSeq, type ParsedNode, parseDocument, visit } from 'yaml';
import { documentAt } from './yaml-documents.js';

/** A kind of document, as the API has it. */
export interface KindSchema {
  readonly apiVersion: string;
  readonly kind: string;
  /** JSON Schema of the whole document. */
  readonly schema: string;
  readonly example: string;
  readonly description: string;
}

/** Something that may be written at the cursor. */
export interface Completion {
  readonly label: string;
  /** What is inserted. */
  readonly apply: string;
  readonly type: 'property' | 'enum' | 'class';
  /** Short, beside it: its type, or the kind's apiVersion. */
  readonly detail?: string;
  readonly info?: string;
  readonly isRequired?: boolean;
}

/** What may stand in place of the text from `from` to the cursor. */
export interface Completions {
  readonly from: number;
  readonly options: readonly Completion[];
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
}

type Path = readonly (string | number)[];

const marker = 'cursor__is__here';

/** What may be written at an offset of a file, from the schema of the document there. */
export function completionsAt(
  content: string,
  offset: number,
  kinds: readonly KindSchema[],
): Completions | undefined {
  const document = documentAt(content, offset);
  const place = placeOf(document.text, offset - document.from);
  if (!place) return undefined;
  const { path, isKey, present, head } = place;
  const from = offset - place.typed.length;
  if (path.length === 0 && isKey) return { from, options: topLevel(kinds, present, head) };
  if (!isKey && path.length === 1 && (path[0] === 'kind' || path[0] === 'apiVersion')) {
    return { from, options: identity(kinds, path[0], head) };
  }
  const kind = kindOf(kinds, head);
  if (!kind) return undefined;
  const root = schemaOf(kind);
  const schemas = path.reduce<readonly Schema[]>(
    (at, step) => at.flatMap((schema) => inside(schema, step, root)),
    alternatives(root, root),
  );
  const properties = isKey ? propertiesOf(schemas, root, present) : [];
  // In a list, a text that stands alone may be a value as well as a key that is half typed.
  const options = isKey && !place.isItem ? properties : [...properties, ...valuesOf(schemas)];
  return options.length > 0 ? { from, options } : undefined;
}

const schemas = new WeakMap<KindSchema, Schema>();

function schemaOf(kind: KindSchema): Schema {
  let schema = schemas.get(kind);
  if (!schema) {
    schema = JSON.parse(kind.schema) as Schema;
    schemas.set(kind, schema);
  }
  return schema;
}

/** The kind that a document says it is; another version of the same group will do. */
function kindOf(
  kinds: readonly KindSchema[],
  { apiVersion, kind }: { readonly apiVersion?: string; readonly kind?: string },
): KindSchema | undefined {
  const named = kinds.filter((candidate) => candidate.kind === kind);
  const group = apiVersion?.split('/')[0];
  return (
    named.find((candidate) => candidate.apiVersion === apiVersion) ??
    named.find((candidate) => candidate.apiVersion.split('/')[0] === group) ??
    (apiVersion === undefined && named.length === 1 ? named[0] : undefined)
  );
}

interface Place {
  /** Of the mapping a key is typed in, or of the value that is. */
  readonly path: Path;
  readonly isKey: boolean;
  /** Whether it is the only thing in an item of a list so far. */
  readonly isItem: boolean;
  /** Keys beside it. */
  readonly present: readonly string[];
  readonly typed: string;
  readonly head: { readonly apiVersion?: string; readonly kind?: string };
}

/** Where in a document an offset is. What is half typed is made whole first, so that it can be parsed. */
function placeOf(text: string, offset: number): Place | undefined {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const end = lineEnd < 0 ? text.length : lineEnd;
  const before = text.slice(start, offset);
  if (/(^|\s)#/.test(before)) return undefined;
  const typed = /[^\s,[\]{}:"']*$/.exec(before)?.[0] ?? '';
  const stem = before.slice(0, before.length - typed.length);
  const isValue = /:\s+["']?$/.test(stem) || /:\s+\S+\s$/.test(stem);
  if (/:$/.test(stem)) return undefined;
  const isFlow = depthOf(text.slice(0, offset - typed.length)) > 0;
  const after = text.slice(offset, end).replace(/^[^\s,[\]{}:"']*/, '');
  const isItem = !isValue && (isFlow ? /\[[^{}]*$/.test(stem) : /^\s*(- +)+$/.test(stem));
  let middle = marker;
  let rest = after;
  if (!isValue && !isFlow) {
    if (!/^\s*(- +)*$/.test(stem)) return undefined;
    if (!/^\s*:(\s|$)/.test(after)) {
      middle = `${marker}: 0`;
      rest = '';
    }
  } else if (isValue && /["']$/.test(stem)) {
    return undefined;
  }
  const whole = text.slice(0, start) + stem + middle + rest + text.slice(end);
  const document = parseDocument(whole, { strict: false, uniqueKeys: false, logLevel: 'silent' });
  let found: Pick<Place, 'path' | 'isKey' | 'present'> | undefined;
  visit(document, {
    Scalar(key, node, ancestors) {
      if (typeof node.value !== 'string' || !node.value.includes(marker)) return undefined;
      const isKey = key === 'key';
      const path = pathOf(ancestors as ParsedNode[], node as ParsedNode);
      const map = ancestors.findLast(isMap);
      const present = (map?.items ?? []).flatMap(({ key: other }) =>
        isScalar(other) && !String(other.value).includes(marker) ? [String(other.value)] : [],
      );
      found = { path: isKey ? path.slice(0, -1) : path, isKey, present };
      return visit.BREAK;
    },
  });
  if (!found) return undefined;
  const root = document.contents;
  const word = (name: string): string | undefined => {
    const value: unknown = isMap(root) ? root.get(name) : undefined;
    return typeof value === 'string' && !value.includes(marker) ? value : undefined;
  };
  return { ...found, isItem, typed, head: { apiVersion: word('apiVersion'), kind: word('kind') } };
}

/** How many brackets are open; what is in quotes or comments does not count. */
function depthOf(text: string): number {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|(?:^|\s)#[^\n]*|[[\]{}]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth = Math.max(0, depth - 1);
  }
  return depth;
}

function pathOf(ancestors: readonly ParsedNode[], node: ParsedNode): (string | number)[] {
  const chain = [...ancestors, node];
  return chain.flatMap((ancestor, index): (string | number)[] => {
    if (isPair(ancestor)) return [String(isScalar(ancestor.key) ? ancestor.key.value : '')];
    const next = chain[index + 1];
    return isSeq(ancestor) && next ? [ancestor.items.indexOf(next as never)] : [];
  });
}

/** A schema and all that it is made of. */
function alternatives(schema: Schema, root: Schema, depth = 0): Schema[] {
  if (depth > 8) return [];
  const { $ref, anyOf = [], oneOf = [], allOf = [] } = schema;
  const target = $ref === undefined ? [] : [resolve($ref, root)].filter((found) => !!found);
  const parts = [...target, ...anyOf, ...oneOf, ...allOf];
  return [schema, ...parts.flatMap((part) => alternatives(part, root, depth + 1))];
}

function resolve(ref: string, root: Schema): Schema | undefined {
  const steps = ref.replace(/^#\/?/, '').split('/').filter(Boolean);
  let at: unknown = root;
  for (const step of steps) at = (at as Record<string, unknown> | undefined)?.[step];
  return at as Schema | undefined;
}

function inside(schema: Schema, step: string | number, root: Schema): Schema[] {
  if (typeof step === 'number') return schema.items ? alternatives(schema.items, root) : [];
  const { properties = {}, additionalProperties } = schema;
  if (Object.hasOwn(properties, step)) return alternatives(properties[step] as Schema, root);
  return typeof additionalProperties === 'object' ? alternatives(additionalProperties, root) : [];
}

function propertiesOf(
  schemas: readonly Schema[],
  root: Schema,
  present: readonly string[],
): Completion[] {
  // What one of several alternatives needs, the others do without.
  const choices = new Set(schemas.flatMap(({ anyOf = [], oneOf = [] }) => [...anyOf, ...oneOf]));
  const certain = schemas.filter((schema) => !choices.has(schema));
  const required = new Set(certain.flatMap((schema) => schema.required ?? []));
  const found = new Map<string, Completion>();
  for (const { properties = {} } of schemas) {
    for (const [name, schema] of Object.entries(properties)) {
      if (found.has(name) || present.includes(name)) continue;
      const all = alternatives(schema, root);
      found.set(name, {
        label: name,
        apply: `${name}:${isNested(all) ? '' : ' '}`,
        type: 'property',
        detail: typeOf(all),
        info: all.find(({ description }) => description)?.description,
        isRequired: required.has(name),
      });
    }
  }
  return [...found.values()];
}

function isNested(all: readonly Schema[]): boolean {
  return all.some(({ properties, items, type }) => properties || items || type === 'object');
}

/** JSON's types, as YAML calls them. */
const typeWords: Readonly<Record<string, string>> = {
  object: 'mapping',
  array: 'list',
  string: 'text',
  integer: 'number',
  boolean: 'true or false',
};

function typeOf(all: readonly Schema[]): string {
  if (all.some((schema) => schema.enum)) return 'one of';
  const type = String(all.find((schema) => schema.type)?.type ?? '');
  return typeWords[type] ?? type;
}

function valuesOf(schemas: readonly Schema[]): Completion[] {
  const values = schemas.flatMap((schema) => [
    ...(schema.enum ?? []),
    ...(schema.const === undefined ? [] : [schema.const]),
    ...(schema.type === 'boolean' ? [true, false] : []),
  ]);
  return [...new Set(values.map(String))].map((value) => ({
    label: value,
    apply: value === '' ? '""' : value,
    type: 'enum',
  }));
}

function topLevel(
  kinds: readonly KindSchema[],
  present: readonly string[],
  head: Place['head'],
): Completion[] {
  const kind = kindOf(kinds, head);
  const known = kind ? Object.keys(schemaOf(kind).properties ?? {}) : [];
  const names = [...new Set(['apiVersion', 'kind', 'metadata', 'spec', ...known])];
  const fields = names
    .filter((name) => !present.includes(name) && name !== 'status')
    .map((name): Completion => {
      const isText = name === 'apiVersion' || name === 'kind';
      return { label: name, apply: `${name}:${isText ? ' ' : ''}`, type: 'property' };
    });
  if (present.length > 0) return fields;
  // In an empty document, one choice writes both lines.
  const pairs = kinds.map(
    ({ kind, apiVersion, description }): Completion => ({
      label: kind,
      apply: `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: \n`,
      type: 'class',
      detail: apiVersion,
      info: description,
    }),
  );
  return [...fields, ...pairs];
}

function identity(
  kinds: readonly KindSchema[],
  field: 'kind' | 'apiVersion',
  { apiVersion, kind }: Place['head'],
): Completion[] {
  const fitting = kinds.filter((candidate) =>
    field === 'kind'
      ? apiVersion === undefined || candidate.apiVersion.split('/')[0] === apiVersion.split('/')[0]
      : kind === undefined || candidate.kind === kind,
  );
  const found = new Map<string, Completion>();
  for (const candidate of fitting) {
    const label = candidate[field];
    const isKind = field === 'kind';
    found.set(label, {
      label,
      apply: label,
      type: 'class',
      ...(isKind && { detail: candidate.apiVersion, info: candidate.description }),
    });
  }
  return [...found.values()];
}
