import type { Problem, SourceFile } from '../objects.js';
import { compareProblems, Faults } from './problems.js';

/** What a bundle may come to. Kept before anything is parsed, as far as can be. */
export const bundleLimits = {
  files: 500,
  /** UTF-8, over all files. */
  bytes: 4 * 1024 * 1024,
  documents: 2_000,
  /** Lines, items, brackets and whatever else costs a YAML parser time; see `marksIn`. */
  marks: 250_000,
  /** An object's JSON. */
  objectBytes: 256 * 1024,
  depth: 64,
  /** Kind, namespace and name make a name of the wire, which has at most 300. */
  name: 180,
  path: 200,
  /** Problems that are told; more are only counted. */
  problems: 200,
} as const;

const extension = /\.(ya?ml|json)$/;
const controls = /\p{Cc}/u;

/** What keeps files from being read at all. */
export function fileProblems(files: readonly SourceFile[]): Problem[] {
  const faults = new Faults(bundleLimits.problems);
  if (files.length > bundleLimits.files) {
    const message = `the bundle has ${files.length} files, at most ${bundleLimits.files} are taken`;
    faults.error('TooManyFiles', undefined, message, 'join them, or split the bundle');
    return faults.list;
  }
  let [bytes, separators, marks] = [0, files.length, 0];
  for (const { content } of files) {
    bytes += Buffer.byteLength(content);
    if (bytes > bundleLimits.bytes) {
      const message = `the bundle has more than ${bundleLimits.bytes} bytes`;
      faults.error('BundleTooLarge', undefined, message, 'split it into several bundles');
      return faults.list;
    }
    separators += content.match(/^---(?=\s|$)/gm)?.length ?? 0;
    marks += marksIn(content);
  }
  if (marks > bundleLimits.marks) {
    const message = 'the bundle has too many lines and values';
    faults.error('BundleTooLarge', undefined, message, 'split it into several bundles');
    return faults.list;
  }
  // Empty documents are no documents, and yet each costs what one costs.
  if (separators > bundleLimits.documents + 2 * bundleLimits.files) {
    const message = `the bundle has some ${separators} documents, at most ${bundleLimits.documents} are taken`;
    faults.error('TooManyDocuments', undefined, message, 'split it into several bundles');
    return faults.list;
  }
  const seen = new Set<string>();
  for (const { path } of files) {
    const fault = seen.has(path) ? 'is there twice' : pathFault(path);
    seen.add(path);
    if (!fault) continue;
    const shown = JSON.stringify(path.slice(0, 100));
    faults.error('InvalidPath', undefined, `the path ${shown} ${fault}`, 'rename the file');
  }
  return faults.list.sort(compareProblems);
}

/**
 * How much there is to parse. The parser takes some ten microseconds for each of these, so that
 * 4 MB of dashes would keep a process busy for half a minute.
 */
function marksIn(content: string): number {
  let [marks, quotes, last] = [0, 0, ''];
  for (const character of content) {
    if (character === '"' || character === "'") quotes += 1;
    else if ('\n,[]{}&*!'.includes(character)) marks += 1;
    else if (character === ' ' && (last === '-' || last === ':' || last === '?')) marks += 1;
    last = character;
  }
  return marks + quotes / 2;
}

function pathFault(path: string): string | undefined {
  if (path.length > bundleLimits.path) return `has more than ${bundleLimits.path} characters`;
  if (controls.test(path) || path.includes('\\')) return 'has characters that paths must not have';
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    return "must be relative, without '.', '..' and empty parts";
  }
  return extension.test(path) ? undefined : 'must end in .yaml, .yml or .json';
}
