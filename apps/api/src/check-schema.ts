import { readFileSync } from 'node:fs';
import { BreakingChangeType, buildSchema, findBreakingChanges } from './graphql-js.js';

// Prints what the API's SDL would break for programs that were written for the last release, and fails
// if there is any. What goes is deprecated for two minor releases before.

const read = (name: string) =>
  buildSchema(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));

const breaking = findBreakingChanges(read('schema.released.graphql'), read('schema.graphql'));
for (const { type, description } of breaking)
  process.stderr.write(`${BreakingChangeType[type]}: ${description}\n`);
process.exitCode = breaking.length > 0 ? 1 : 0;
