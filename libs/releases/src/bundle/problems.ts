import type { Place, Problem } from '../objects.js';

/** Collects problems, of each severity up to a bound: a thousand of one sort help nobody. */
export class Faults {
  readonly list: Problem[] = [];
  private readonly counts = { error: 0, warning: 0 };

  constructor(private readonly most: number) {}

  /** Of all, those included that are not in the list. */
  get count(): number {
    return this.counts.error + this.counts.warning;
  }

  add(problem: Problem): void {
    const { severity } = problem;
    this.counts[severity] += 1;
    const count = this.counts[severity];
    if (count <= this.most) this.list.push(problem);
    if (count !== this.most + 1) return;
    this.list.push({
      severity,
      code: severity === 'error' ? 'TooManyProblems' : 'TooManyWarnings',
      message: `there are more than ${this.most} ${severity}s; the rest is not shown`,
      remedy: 'correct these first',
    });
  }

  error(
    code: string,
    place: Place | undefined,
    message: string,
    remedy: string,
    object?: string,
  ): void {
    this.add({ severity: 'error', code, message, remedy, place, object });
  }

  warning(
    code: string,
    place: Place | undefined,
    message: string,
    remedy: string,
    object?: string,
  ): void {
    this.add({ severity: 'warning', code, message, remedy, place, object });
  }
}

/** By path and line; what has no place comes last. */
export function compareProblems(a: Problem, b: Problem): number {
  if (!a.place || !b.place) return (a.place ? 0 : 1) - (b.place ? 0 : 1);
  if (a.place.path !== b.place.path) return a.place.path < b.place.path ? -1 : 1;
  return a.place.line - b.place.line;
}
