/** The configuration of a mesh: objects and intents in bundles, releases of them, and rollouts. */
export type { Problem, SourceFile } from './objects.js';
