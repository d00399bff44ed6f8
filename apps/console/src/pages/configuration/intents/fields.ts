export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

interface Named {
  /** In the document. */
  readonly key: string;
  readonly label: string;
  readonly about?: string;
}

/** Of a choice; an empty one leaves the field out. */
export interface Option {
  readonly value: string | number | boolean;
  readonly label: string;
}

/** One of several sets of fields, which stand in the same mapping. */
export interface Variant {
  readonly value: string;
  readonly label: string;
  readonly fields: readonly Field[];
  /** What it says besides its fields. */
  readonly fixed?: JsonObject;
}

/** A part of a form, which is a part of a document. */
export type Field =
  | (Named & { readonly is: 'text'; readonly example?: string; readonly isNeeded?: boolean })
  | (Named & {
      readonly is: 'number';
      readonly min: number;
      readonly max: number;
      readonly isNeeded?: boolean;
    })
  | (Named & { readonly is: 'choice'; readonly options: readonly Option[] })
  /** A list of words, or of numbers. */
  | (Named & { readonly is: 'words'; readonly example?: string; readonly areNumbers?: boolean })
  /** A mapping whose keys are the operator's. */
  | (Named & {
      readonly is: 'pairs';
      readonly keyLabel: string;
      readonly example?: string;
      readonly add: string;
      readonly of: Field;
    })
  /** A mapping that is there or not. */
  | (Named & { readonly is: 'group'; readonly fields: readonly Field[] })
  | (Named & {
      readonly is: 'list';
      readonly item: string;
      readonly add: string;
      readonly fields: readonly Field[];
    })
  | {
      readonly is: 'variant';
      readonly name: string;
      readonly label: string;
      readonly about?: string;
      readonly variants: readonly Variant[];
    };

/** What a form holds: texts as typed, mappings as pairs in their order. */
export type Value =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | readonly (readonly [key: string, value: Value])[]
  | readonly Values[]
  | Values;
export interface Values {
  readonly [key: string]: Value;
}

/** Where a variant's choice stands among the values; no field is called so. */
export function choiceKey(name: string): string {
  return `?${name}`;
}

export function blank(fields: readonly Field[]): Values {
  return Object.fromEntries(fields.flatMap(blanksOf));
}

function blanksOf(field: Field): (readonly [string, Value])[] {
  if (field.is === 'variant') {
    const [first] = field.variants;
    return [
      [choiceKey(field.name), first?.value ?? ''],
      ...field.variants.flatMap(({ fields }) => fields.flatMap(blanksOf)),
    ];
  }
  return [[field.key, blankOf(field)]];
}

export function blankOf(field: Field): Value {
  switch (field.is) {
    case 'words':
    case 'pairs':
    case 'list':
      return [];
    case 'group':
      return null;
    default:
      return '';
  }
}

/** The mapping that a form says; what is left empty is left out. */
export function toObject(fields: readonly Field[], values: Values): JsonObject {
  const entries = fields.flatMap((field): (readonly [string, Json])[] => {
    if (field.is === 'variant') {
      const variant = chosen(field.variants, values[choiceKey(field.name)]);
      if (!variant) return [];
      return Object.entries({ ...variant.fixed, ...toObject(variant.fields, values) });
    }
    const json = toJson(field, values[field.key] ?? blankOf(field));
    return json === undefined ? [] : [[field.key, json]];
  });
  return Object.fromEntries(entries);
}

export function chosen(variants: readonly Variant[], value: unknown): Variant | undefined {
  return variants.find((variant) => variant.value === value);
}

function toJson(field: Field, value: Value): Json | undefined {
  switch (field.is) {
    case 'text':
    case 'number':
    case 'choice':
      return value === '' ? undefined : (value as string);
    case 'words': {
      const words = value as readonly string[];
      if (words.length === 0) return undefined;
      return field.areNumbers
        ? words.map((word) => (/^\d+$/.test(word) ? Number(word) : word))
        : words;
    }
    case 'pairs': {
      const pairs = value as readonly (readonly [string, Value])[];
      const entries = pairs.flatMap(([key, of]): (readonly [string, Json])[] =>
        key === '' ? [] : [[key, toJson(field.of, of) ?? (field.of.is === 'group' ? {} : '')]],
      );
      return entries.length === 0 ? undefined : Object.fromEntries(entries);
    }
    case 'group':
      return value === null ? undefined : toObject(field.fields, value as Values);
    case 'list': {
      const items = value as readonly Values[];
      return items.length === 0 ? undefined : items.map((item) => toObject(field.fields, item));
    }
    default:
      return undefined;
  }
}

/**
 * The form of a mapping.
 *
 * @returns undefined if the form cannot say all that the mapping does.
 */
export function fromObject(fields: readonly Field[], object: JsonObject): Values | undefined {
  const values = read(fields, object);
  return isSame(toObject(fields, values), object) ? values : undefined;
}

function read(fields: readonly Field[], object: JsonObject): Values {
  const entries = fields.flatMap((field): (readonly [string, Value])[] => {
    if (field.is !== 'variant') {
      const json = Object.hasOwn(object, field.key) ? object[field.key] : undefined;
      return [[field.key, json === undefined ? blankOf(field) : fromJson(field, json)]];
    }
    const values = Object.assign(
      {},
      ...field.variants.map((variant) => read(variant.fields, object)),
    );
    const variant = field.variants.find((candidate) => fits(candidate, object));
    return [[choiceKey(field.name), variant?.value ?? ''], ...Object.entries<Value>(values)];
  });
  return Object.fromEntries(entries);
}

/** Whether the mapping speaks of the variant. One of no fields fits what speaks of none: it comes last. */
function fits({ fixed = {}, fields }: Variant, object: JsonObject): boolean {
  const isFixed = Object.entries(fixed).every(([key, json]) => isSame(object[key] ?? null, json));
  const keys = fields.flatMap((field) => (field.is === 'variant' ? [] : [field.key]));
  const isTyped = fields.every(
    (field) =>
      field.is === 'variant' ||
      object[field.key] === undefined ||
      isOf(field, object[field.key] as Json),
  );
  return (
    isFixed && isTyped && (keys.length === 0 || keys.some((key) => Object.hasOwn(object, key)))
  );
}

function isOf(field: Field, json: Json): boolean {
  if (field.is === 'text') return typeof json === 'string';
  if (field.is === 'pairs' || field.is === 'group') return isObject(json);
  return true;
}

function fromJson(field: Field, json: Json): Value {
  switch (field.is) {
    case 'text':
      return typeof json === 'string' ? json : '';
    case 'number':
      return typeof json === 'number' ? json : '';
    case 'choice':
      return field.options.some(({ value }) => value === json) ? (json as string) : '';
    case 'words':
      return Array.isArray(json)
        ? json.filter((item) => typeof item === 'string' || typeof item === 'number').map(String)
        : [];
    case 'pairs':
      if (!isObject(json)) return [];
      return Object.entries(json).map(([key, value]) => [key, fromJson(field.of, value)] as const);
    case 'group':
      return isObject(json) ? read(field.fields, json) : null;
    case 'list':
      return Array.isArray(json)
        ? json.filter(isObject).map((item) => read(field.fields, item))
        : [];
    default:
      return '';
  }
}

export function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** Whether both say the same, in whatever order of keys. In lists, 503 is as good as "503". */
function isSame(a: Json, b: Json, isItem = false): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, b[index], true));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && isSame(a[key] as Json, b[key] as Json))
    );
  }
  return isItem && !isObject(a) && !isObject(b) ? String(a) === String(b) : a === b;
}
