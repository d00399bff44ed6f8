import { useMemo, useSyncExternalStore } from 'react';
import { type ApiError, useApi } from '../../api/index.js';
import { type Draft, editsOf, emptyDraft, filesOf, type SourceFile } from './draft.js';
import { ReleaseFolder } from './queries.js';
import { useHead } from './use-head.js';

const drafts = new Map<string, Draft | undefined>();
const listeners = new Set<() => void>();
/** Meshes whose draft the browser has no room for. */
const unkept = new Set<string>();

const keyOf = (meshId: string): string => `isthmus-draft:${meshId}`;

function load(meshId: string): Draft | undefined {
  if (!drafts.has(meshId)) {
    let draft: Draft | undefined;
    try {
      draft = JSON.parse(localStorage.getItem(keyOf(meshId)) ?? 'null') ?? undefined;
    } catch {
      draft = undefined;
    }
    drafts.set(meshId, draft);
  }
  return drafts.get(meshId);
}

function keep(meshId: string, draft: Draft | undefined): void {
  drafts.set(meshId, draft);
  unkept.delete(meshId);
  try {
    if (draft) localStorage.setItem(keyOf(meshId), JSON.stringify(draft));
    else localStorage.removeItem(keyOf(meshId));
  } catch {
    // Larger than what a page may store: it is here until the page is left.
    unkept.add(meshId);
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  // Written in another tab.
  const forget = ({ key }: StorageEvent): void => {
    if (key === null) drafts.clear();
    else if (key.startsWith('isthmus-draft:')) drafts.delete(key.slice('isthmus-draft:'.length));
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

/** The edits to the mesh's configuration that this browser keeps. */
export function useDraft(): DraftState {
  const { meshId, head, error, isPending } = useHead();
  const stored = useSyncExternalStore(subscribe, () => load(meshId));
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
  return {
    meshId,
    isPending: isPending || (!!baseRelease && folder.isPending),
    error: error ?? folder.error,
    draft,
    base,
    files,
    isEdited: hasEdits,
    isKept: !unkept.has(meshId),
    head,
    isBehind: hasEdits && head !== undefined && (head?.id ?? null) !== (stored.base?.id ?? null),
    set: (next) => keep(meshId, editsOf(next).length > 0 ? next : undefined),
    discard: () => keep(meshId, undefined),
  };
}
