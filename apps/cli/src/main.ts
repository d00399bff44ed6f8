#!/usr/bin/env node
import { createProgram } from './commands/program.js';
import { CliError, exits, usageError } from './errors.js';
import { note } from './terminal.js';

const words = process.argv.slice(2);

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read it has enough, as `head` has.
  if (error.code === 'EPIPE') process.exit(exits.ok);
  throw error;
});

try {
  await createProgram(words).parseAsync();
} catch (error) {
  const told = toCliError(error);
  note(isJsonWanted(words) ? JSON.stringify(asData(told)) : inWords(told));
  process.exitCode = told.exit;
}

/** What yargs has against the words is not the command's. */
function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof Error && error.name === 'YError') return usageError(error.message);
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CliError('CLI_FAILED', message);
}

function inWords({ code, message, details }: CliError): string {
  const { problems, field } = details as {
    readonly problems?: readonly Problem[];
    /** Of what was asked, such as input.cidrs.0. */
    readonly field?: string;
  };
  const place = field ? ` (at ${field.replace(/^input\./, '')})` : '';
  const lines = (problems ?? []).map(
    ({ path, line, message, remedy }) =>
      `  ${[path, line].filter(Boolean).join(':')}${path ? ' ' : ''}${message}; ${remedy}`,
  );
  return [`error: ${code} ${message}${place}`, ...lines].join('\n');
}

interface Problem {
  readonly path?: string | null;
  readonly line?: number | null;
  readonly message: string;
  readonly remedy: string;
}

function asData({ code, message, details }: CliError): object {
  return { error: { ...details, code, message } };
}

/** Also where the words could not be parsed. */
function isJsonWanted(words: readonly string[]): boolean {
  return words.some(
    (word, at) =>
      /^(-o=?|--output=)json$/.test(word) ||
      (/^(-o|--output)$/.test(word) && words[at + 1] === 'json'),
  );
}
