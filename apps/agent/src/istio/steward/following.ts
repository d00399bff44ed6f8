import { defaultName } from '../marks.js';

/** Who serves whom: what names of revisions and tags lead to. */
export interface Following {
  /** Tag to revision. */
  readonly tags: ReadonlyMap<string, string>;
  readonly revisions: ReadonlySet<string>;
}

/** What a namespace follows that has istio-injection=enabled. */
export const injection = 'injection';

/** The revision that makes the proxies of a namespace which follows this; undefined: none does. */
export function revisionFor(follows: string, { tags, revisions }: Following): string | undefined {
  const name = follows === injection ? defaultName : follows;
  return tags.get(name) ?? (revisions.has(name) ? name : undefined);
}

/**
 * The revision that deploys a Gateway whose own label, or else its namespace's, says this.
 * @param validator Revision of istiod-default-validator: with no default tag it has what says nothing.
 */
export function deployerFor(
  label: string,
  following: Following,
  validator: string | undefined,
): string | undefined {
  if (label !== '') return revisionFor(label, following);
  return following.tags.get(defaultName) ?? validator;
}

/** The tag by which a name leads to a revision; undefined if it does so by itself. */
export function tagOf(follows: string, { tags }: Following): string | undefined {
  const name = follows === injection || follows === '' ? defaultName : follows;
  return tags.has(name) ? name : undefined;
}
