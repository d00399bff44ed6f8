import type { ProblemSeverity } from '../../api/generated/graphql.js';

/** What is wrong with a bundle, or looks wrong, as the API says it. */
export interface BundleProblem {
  readonly severity: ProblemSeverity;
  readonly code: string;
  readonly message: string;
  /** What to do; may be empty. */
  readonly remedy: string;
  readonly path?: string | null;
  /** Counts from 1. */
  readonly line?: number | null;
  readonly object?: string | null;
}

/** A mark in a text, as the editor draws it. */
export interface Mark {
  readonly from: number;
  readonly to: number;
  readonly severity: 'error' | 'warning';
  /** What is wrong, and what to do. */
  readonly message: string;
  readonly code: string;
}

/** The problems of one file, each on the text of its line. Those of no line stand on the first. */
export function marksOf(problems: readonly BundleProblem[], path: string, content: string): Mark[] {
  const starts = [0];
  for (const { index } of content.matchAll(/\n/g)) starts.push(index + 1);
  return problems
    .filter((problem) => problem.path === path)
    .map(({ line, severity, message, remedy, code }): Mark => {
      // The text may be shorter than when it was checked.
      const index = Math.min(Math.max(line ?? 1, 1), starts.length) - 1;
      const start = starts[index] ?? 0;
      const text = content.slice(start, (starts[index + 1] ?? content.length + 1) - 1);
      const from = start + (text.length - text.trimStart().length);
      return {
        from,
        to: Math.max(from, start + text.trimEnd().length),
        severity: severity === 'ERROR' ? 'error' : 'warning',
        message: remedy === '' ? message : `${message}: ${remedy}`,
        code,
      };
    })
    .sort((a, b) => a.from - b.from);
}

/** How many errors and warnings a file has. */
export function countOf(
  problems: readonly BundleProblem[],
  path: string,
): { readonly errors: number; readonly warnings: number } {
  const own = problems.filter((problem) => problem.path === path);
  const errors = own.filter(({ severity }) => severity === 'ERROR').length;
  return { errors, warnings: own.length - errors };
}
