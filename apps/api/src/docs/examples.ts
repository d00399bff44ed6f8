import { readdirSync, readFileSync } from 'node:fs';

/** An operation worth copying: `examples/<root field>.graphql`, and beside it what came of it. */
export interface Example {
  /** The root field that it is of. */
  readonly field: string;
  /** What it is good for: its comment. */
  readonly words: string;
  readonly query: string;
  /** Of the comment's JSON; ids of a story stand in it as `{{meshId}}`. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Undefined before examples.spec.ts has run it. */
  readonly exchange: Exchange | undefined;
}

/** What was sent and what came back, with all that changes from run to run made alike. */
export interface Exchange {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>>;
}

// As far from src as from dist.
export const examplesFolder = new URL('../../examples/', import.meta.url);

/** All examples there are, by root field. @throws where one cannot be read */
export function readExamples(): Map<string, Example> {
  const files = readdirSync(examplesFolder);
  const fields = files.filter((file) => file.endsWith('.graphql')).map((file) => file.slice(0, -8));
  return new Map(
    fields.map((field) => {
      const text = readFileSync(new URL(`${field}.graphql`, examplesFolder), 'utf8');
      const answer = `${field}.json`;
      const exchange = files.includes(answer)
        ? (JSON.parse(readFileSync(new URL(answer, examplesFolder), 'utf8')) as Exchange)
        : undefined;
      return [field, { field, ...parseExample(text), exchange }];
    }),
  );
}

/**
 * Takes a file apart: the comment it begins with says what it is good for and, from a line `# {` on, has
 * its variables as JSON.
 *
 * @throws SyntaxError where that is no JSON
 */
export function parseExample(text: string): Pick<Example, 'words' | 'query' | 'variables'> {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const comment = lines.slice(0, end).map((line) => line.replace(/^# ?/, ''));
  const json = comment.indexOf('{');
  const words = json < 0 ? comment : comment.slice(0, json);
  return {
    words: words.join(' ').trim(),
    variables: json < 0 ? {} : JSON.parse(comment.slice(json).join('\n')),
    query: lines.slice(end).join('\n').trim(),
  };
}
