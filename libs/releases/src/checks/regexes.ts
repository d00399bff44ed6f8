import { RE2JS } from 're2js';
import { placeOf } from '../bundle/places.js';
import type { Faults } from '../bundle/problems.js';
import { type ConfigurationObject, type Json, type JsonObject, labelOf } from '../objects.js';
import { textOf } from './schema.js';

/** Proxies run these on every request, so they are to be small. */
const limits = { characters: 1_024, program: 5_000 };

/** Holds every regular expression of an object against RE2, which is what proxies have. */
export function checkRegexes(object: ConfigurationObject, faults: Faults): void {
  walk(object.spec, ['spec'], (text, path) => {
    const fault = regexFault(text);
    if (!fault) return;
    const { code, message, remedy } = fault;
    const place = placeOf(object, path);
    faults.error(code, place, `${textOf(path)} ${message}`, remedy, labelOf(object));
  });
}

type Visit = (text: string, path: readonly (string | number)[]) => void;

function walk(value: Json, path: readonly (string | number)[], visit: Visit): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    value.forEach((item: Json, index) => {
      walk(item, [...path, index], visit);
    });
    return;
  }
  const fields = value as JsonObject;
  const isMatch = fields.type === 'RegularExpression';
  for (const [key, item] of Object.entries(fields)) {
    // What a plugin makes of its configuration is its own affair.
    if (key === 'pluginConfig') continue;
    const isRegex = key === 'regex' || (isMatch && ['value', 'service', 'method'].includes(key));
    if (isRegex && typeof item === 'string') visit(item, [...path, key]);
    else walk(item, [...path, key], visit);
  }
}

function regexFault(text: string): { code: string; message: string; remedy: string } | undefined {
  const tooLarge = (what: string) => ({
    code: 'RegexTooLarge',
    message: `is a regular expression of ${what}`,
    remedy: 'match by prefix or exactly, or split it into several matches',
  });
  if (text.length > limits.characters) {
    return tooLarge(`${text.length} characters, at most ${limits.characters} are taken`);
  }
  try {
    // Counts of repetitions within others come to 1000 at most, or this throws.
    const size = RE2JS.compile(text).programSize();
    return size > limits.program ? tooLarge(`${size} instructions, too many to run`) : undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it cannot be read';
    return {
      code: 'RegexInvalid',
      message: `is no RE2 regular expression: ${reason.slice(0, 200)}`,
      remedy: 'correct it; RE2 has no lookahead, no lookbehind and no backreferences',
    };
  }
}
