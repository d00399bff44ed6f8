import { useMemo, useSyncExternalStore } from 'react';
import { ApiError, useApi, useSession } from '../../api/index.js';
import { type Draft, editsOf, emptyDraft, filesOf, readDraft, type SourceFile } from './draft.js';
import { ReleaseFolder } from './queries.js';
import { useHead } from './use-head.js';

/** By their keys. */
const drafts = new Map<string, Draft | undefined>();
const listeners = new Set<() => void>();
/** Keys of those that the browser has no room for. */
const unkept = new Set<string>();

const prefix = 'isthmus-draft:';

function load(key: string): Draft | undefined {
  if (!drafts.has(key)) {
    let draft: Draft | undefined;
    try {
      draft = readDraft(localStorage.getItem(key));
    } catch {
      // The browser keeps nothing for pages.
    }
    drafts.set(key, draft);
  }
  return drafts.get(key);
}

function keep(key: string, draft: Draft | undefined): void {
  drafts.set(key, draft);
  unkept.delete(key);
  try {
    if (draft) localStorage.setItem(key, JSON.stringify(draft));
    else localStorage.removeItem(key);
  } catch {
    // Larger than what a page may store: it is here until the page is left.
    if (draft) unkept.add(key);
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  // Written in another tab.
  const forget = ({ key }: StorageEvent): void => {
    if (key === null) drafts.clear();
    else if (key.startsWith(prefix)) drafts.delete(key);
    listener();
  };
  listeners.add(listener);
  addEventListener('storage', forget);
  return () => {
    listeners.delete(listener);
    removeEventListener('storage', forget);
  };
}

interface DraftState {
  readonly meshId: string;
  readonly isPending: boolean;
  readonly error: ApiError | null;
  readonly draft: Draft;
  /** Of the release that the draft edits. */
  readonly base: readonly SourceFile[];
  /** With the draft's edits. */
  readonly files: readonly SourceFile[];
  readonly isEdited: boolean;
  /** False if the edits are lost when the page is left. */
  readonly isKept: boolean;
  /** Where the mesh is headed. */
  readonly head: Draft['base'] | undefined;
  /** Whether the mesh is headed elsewhere since the draft was begun. */
  readonly isBehind: boolean;
  set(draft: Draft): void;
  discard(): void;
}

const noFiles: readonly SourceFile[] = [];
const gone = new ApiError(
  'NOT_FOUND',
  'The release that the draft edits is not there any more. Discard the draft, and begin anew.',
);

/** The edits to the mesh's configuration that this browser keeps. */
export function useDraft(): DraftState {
  const { meshId, head, error, isPending } = useHead();
  // Whoever signs in after somebody else in the same browser does not go on with their edits.
  const key = `${prefix}${useSession().viewer.user?.id ?? ''}:${meshId}`;
  const stored = useSyncExternalStore(subscribe, () => load(key));
  const hasEdits = stored !== undefined && editsOf(stored).length > 0;
  const baseRelease = hasEdits ? stored.base : (head ?? null);
  const folder = useApi(ReleaseFolder, { id: baseRelease?.id ?? '' }, { enabled: !!baseRelease });
  const node = folder.data?.node;
  const base = (node && 'files' in node ? node.files : undefined) ?? noFiles;
  const { id, number } = baseRelease ?? {};
  const draft = useMemo(
    () => (hasEdits ? stored : emptyDraft(id && number !== undefined ? { id, number } : null)),
    [hasEdits, stored, id, number],
  );
  const files = useMemo(() => filesOf(base, draft), [base, draft]);
  // Without its files a release of the edits alone would take all others away.
  const isGone = folder.isSuccess && !(node && 'files' in node);
  return {
    meshId,
    isPending: isPending || (!!baseRelease && folder.isPending),
    error: error ?? folder.error ?? (isGone ? gone : null),
    draft,
    base,
    files,
    isEdited: hasEdits,
    isKept: !unkept.has(key),
    head,
    isBehind: hasEdits && head !== undefined && (head?.id ?? null) !== (stored.base?.id ?? null),
    set: (next) => keep(key, editsOf(next).length > 0 ? next : undefined),
    discard: () => keep(key, undefined),
  };
}
