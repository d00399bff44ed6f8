import { expect, it } from 'vitest';
import { type BundleProblem, countOf, marksOf } from './diagnostics.js';

const problem = (more: Partial<BundleProblem>): BundleProblem => ({
  severity: 'ERROR',
  code: 'InvalidIntent',
  message: 'spec.mode is missing',
  remedy: 'add it',
  path: 'a.yaml',
  line: 2,
  ...more,
});
const text = 'kind: A\n  mode: x  \nlast';

it('marks the text of the line, without the blanks around it', () => {
  const [mark] = marksOf([problem({})], 'a.yaml', text);
  expect(text.slice(mark?.from, mark?.to)).toBe('mode: x');
  expect(mark).toMatchObject({ severity: 'error', message: 'spec.mode is missing: add it' });
});

it('leaves out the problems of other files', () => {
  const all = [problem({ path: 'b.yaml' }), problem({ severity: 'WARNING' }), problem({})];
  expect(marksOf(all, 'a.yaml', text)).toHaveLength(2);
  expect(countOf(all, 'a.yaml')).toEqual({ errors: 1, warnings: 1 });
});

it('puts what has no line on the first, and what lies behind the end on the last', () => {
  const marks = marksOf([problem({ line: 99 }), problem({ line: null })], 'a.yaml', text);
  expect(marks.map(({ from, to }) => text.slice(from, to))).toEqual(['kind: A', 'last']);
  expect(marksOf([problem({ line: 3 })], 'a.yaml', '')).toMatchObject([{ from: 0, to: 0 }]);
});
