/** A file of a bundle. */
export interface SourceFile {
  readonly path: string;
  readonly content: string;
}

/** Edits to the files of a release, until they become one of their own. */
export interface Draft {
  /** The release that was edited; null before the first. */
  readonly base: { readonly id: string; readonly number: number } | null;
  /** New texts, by path. */
  readonly written: Readonly<Record<string, string>>;
  readonly removed: readonly string[];
}

export function emptyDraft(base: Draft['base']): Draft {
  return { base, written: {}, removed: [] };
}

/** A draft as it was kept; undefined for what is none, such as one of another version. */
export function readDraft(text: string | null): Draft | undefined {
  let kept: Partial<Draft> | null;
  try {
    kept = JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
  const { base, written, removed } = kept ?? {};
  const isBase = base === null || (typeof base?.id === 'string' && typeof base.number === 'number');
  const isWritten =
    typeof written === 'object' &&
    written !== null &&
    Object.values(written).every((content) => typeof content === 'string');
  const isRemoved = Array.isArray(removed) && removed.every((path) => typeof path === 'string');
  return isBase && isWritten && isRemoved ? { base, written, removed } : undefined;
}

/** Paths that a draft touches. */
export function editsOf({ written, removed }: Draft): string[] {
  return [...Object.keys(written), ...removed].sort();
}

/** The bundle as it will be, by path. */
export function filesOf(base: readonly SourceFile[], { written, removed }: Draft): SourceFile[] {
  const gone = new Set([...Object.keys(written), ...removed]);
  const kept = base.filter(({ path }) => !gone.has(path));
  const edited = Object.entries(written).map(([path, content]) => ({ path, content }));
  return [...kept, ...edited].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A draft with a text for a file; one that is as in the release is no edit. */
export function writeFile(
  draft: Draft,
  base: readonly SourceFile[],
  path: string,
  content: string,
): Draft {
  const { [path]: _, ...written } = draft.written;
  const isAsBefore = base.find((file) => file.path === path)?.content === content;
  return {
    ...draft,
    written: isAsBefore ? written : { ...written, [path]: content },
    removed: draft.removed.filter((other) => other !== path),
  };
}

export function removeFile(draft: Draft, base: readonly SourceFile[], path: string): Draft {
  const { [path]: _, ...written } = draft.written;
  const others = draft.removed.filter((other) => other !== path);
  const removed = base.some((file) => file.path === path) ? [...others, path] : others;
  return { ...draft, written, removed };
}

export function renameFile(
  draft: Draft,
  base: readonly SourceFile[],
  from: string,
  to: string,
): Draft {
  const content = filesOf(base, draft).find(({ path }) => path === from)?.content ?? '';
  return writeFile(removeFile(draft, base, from), base, to, content);
}

/**
 * The same edits on another release.
 *
 * @returns with the paths that the draft and the other release both changed: the draft's text stands.
 */
export function moveDraft(
  draft: Draft,
  before: readonly SourceFile[],
  after: readonly SourceFile[],
  base: Draft['base'],
): { readonly draft: Draft; readonly conflicts: readonly string[] } {
  const [old, now] = [contents(before), contents(after)];
  const conflicts = editsOf(draft).filter(
    (path) => old.get(path) !== now.get(path) && now.get(path) !== draft.written[path],
  );
  let moved = emptyDraft(base);
  for (const [path, content] of Object.entries(draft.written)) {
    moved = writeFile(moved, after, path, content);
  }
  for (const path of draft.removed) moved = removeFile(moved, after, path);
  return { draft: moved, conflicts };
}

function contents(files: readonly SourceFile[]): Map<string, string> {
  return new Map(files.map(({ path, content }) => [path, content]));
}

/** What is wrong with a path for a new file, in words; undefined if nothing. */
export function pathFault(path: string, files: readonly SourceFile[]): string | undefined {
  if (path === '') return 'Write a path, such as shop/routes.yaml';
  if (path.length > 200) return 'A path has at most 200 characters';
  if (/[\\\p{Cc}]/u.test(path)) return 'Take out the backslashes and control characters';
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    return 'Write it relative, without ., .. and empty parts';
  }
  if (!/\.(ya?ml|json)$/.test(path)) return 'It must end in .yaml, .yml or .json';
  if (files.some((file) => file.path === path)) return 'There is a file of this path';
  return undefined;
}

/** A rollout, as far as it tells where a mesh is headed. Newest first in lists. */
export interface HeadRollout {
  readonly state: string;
  readonly createdAt: string;
  readonly release: { readonly id: string; readonly number: number };
}

/**
 * Where a mesh is headed, as the API has it: the release that was last rolled out and not aborted,
 * or one that was made since and waits. What is applied next takes its place.
 */
export function headOf(
  latest: { readonly id: string; readonly number: number; readonly createdAt: string } | undefined,
  rollouts: readonly HeadRollout[],
): { readonly id: string; readonly number: number } | null {
  if (!latest) return null;
  const rollout = rollouts.find(({ state }) => state !== 'ABORTED');
  if (!rollout) return { id: latest.id, number: latest.number };
  const isWaiting =
    Date.parse(latest.createdAt) > Date.parse(rollout.createdAt) &&
    !rollouts.some(({ release }) => release.id === latest.id);
  const { id, number } = isWaiting ? latest : rollout.release;
  return { id, number };
}
