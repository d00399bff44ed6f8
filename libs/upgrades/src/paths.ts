import type { Json, JsonObject } from '@isthmus/releases';

/** A step into an object: a key of it, all items of a list, all values of a map, or any depth. */
export type PathStep = { readonly key: string } | 'items' | 'values' | 'anywhere';

const piece = /\.?(?:(\*\*)|([A-Za-z_$][\w$-]*)|\["([^"\]]+)"\]|(\[\])|(\{\}))/y;

/**
 * Reads `spec.http[].match`, with `[]` for the items of a list, `{}` for the values of a map, `**` for
 * any depth and `["a/key"]` for a key that is no word.
 *
 * @returns undefined for what cannot be read, or leads nowhere.
 */
export function parsePath(text: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  piece.lastIndex = 0;
  while (piece.lastIndex < text.length) {
    const found = piece.exec(text);
    if (!found) return undefined;
    const [, anywhere, word, quoted, items, values] = found;
    const key = word ?? quoted;
    if (key !== undefined) steps.push({ key });
    else if (anywhere) steps.push('anywhere');
    else if (items) steps.push('items');
    else if (values) steps.push('values');
  }
  const last = steps.at(-1);
  return last === undefined || last === 'anywhere' ? undefined : steps;
}

/** Whether an object has something there that is not null. */
export function leadsSomewhere(steps: readonly PathStep[], root: JsonObject): boolean {
  return leads(steps, 0, root);
}

function leads(steps: readonly PathStep[], at: number, value: Json | undefined): boolean {
  const step = steps[at];
  if (step === undefined) return value !== undefined && value !== null;
  if (step === 'anywhere')
    return (
      leads(steps, at + 1, value) || childrenOf(value).some((child) => leads(steps, at, child))
    );
  if (step === 'items')
    return Array.isArray(value) && value.some((item) => leads(steps, at + 1, item));
  if (!isObject(value)) return false;
  if (step === 'values') return Object.values(value).some((item) => leads(steps, at + 1, item));
  return Object.hasOwn(value, step.key) && leads(steps, at + 1, value[step.key]);
}

function childrenOf(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
