import { stringify } from 'yaml';
import { print } from '../terminal.js';
import { plain } from './plain.js';

export const forms = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type Form = (typeof forms)[number];

/** An answer as a program reads it. */
export function printData(value: unknown, form: 'json' | 'yaml'): void {
  const data = plain(value);
  print(form === 'json' ? JSON.stringify(data, undefined, 2) : stringify(data, { lineWidth: 0 }));
}

/** Whether a program reads it. */
export function isData(form: Form): form is 'json' | 'yaml' {
  return form === 'json' || form === 'yaml';
}
