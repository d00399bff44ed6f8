import { RE2JS } from 're2js';
import { placeOf } from '../bundle/places.js';
import type { Faults } from '../bundle/problems.js';
import { type ConfigurationObject, type Json, type JsonObject, labelOf } from '../objects.js';
import { textOf } from './schema.js';

const limits = {
  characters: 1_024,
  /** Proxies run these on every request, so they are to be small. */
  program: 5_000,
  /** Of all that are different, which takes seconds to compile. */
  programs: 500_000,
};

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Holds the regular expressions of objects against RE2, which is what proxies have. */
export class RegexCheck {
  private readonly judged = new Map<string, Fault | undefined>();
  private spent = 0;

  check(object: ConfigurationObject, faults: Faults): void {
    walk(object.spec, ['spec'], (text, path) => {
      const fault = this.judge(text);
      if (!fault) return;
      const { code, message, remedy } = fault;
      const place = placeOf(object, path);
      faults.error(code, place, `${textOf(path)} ${message}`, remedy, labelOf(object));
    });
  }

  private judge(text: string): Fault | undefined {
    if (text.length > limits.characters) {
      return tooLarge(`has ${text.length} characters, at most ${limits.characters} are taken`);
    }
    if (!this.judged.has(text)) this.judged.set(text, this.compile(text));
    return this.judged.get(text);
  }

  private compile(text: string): Fault | undefined {
    if (this.spent > limits.programs) {
      return tooLarge('is one too many: those before it come to all that is taken');
    }
    this.spent += text.length;
    try {
      // Counts of repetitions within others come to 1000 at most, or this throws.
      const size = RE2JS.compile(text).programSize();
      this.spent += size;
      return size > limits.program ? tooLarge(`comes to ${size} instructions`) : undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'it cannot be read';
      return {
        code: 'RegexInvalid',
        message: `is no RE2 regular expression: ${reason.slice(0, 200)}`,
        remedy: 'correct it; RE2 has no lookahead, no lookbehind and no backreferences',
      };
    }
  }
}

function tooLarge(message: string): Fault {
  const remedy = 'match by prefix or exactly, or split it into several matches';
  return { code: 'RegexTooLarge', message, remedy };
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
