/** By whom, and in which order: each goes on with the mesh of those before. */
export const guides = [
  'first-cluster',
  'rolling-out',
  'exporting',
  'securing',
  'observing',
  'upgrades',
  'agent',
  'cli',
  'hosting',
] as const;

/** Followed before the last block of another, which takes away what that has made. */
export const inside: Readonly<Record<string, string>> = { hosting: 'operations/upgrading' };

/** Begins with nothing, too. */
export const terraform = 'terraform';

/** Is run by the spec beside it. */
const api = 'api';

/** Pages whose commands are run word by word. */
export const followed: ReadonlySet<string> = new Set(
  [...guides, ...Object.values(inside), terraform, api].map((name) => `docs/${name}.md`),
);
