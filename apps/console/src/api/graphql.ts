import type { graphql as typed } from './generated/gql.js';

/**
 * An operation as its text, with the types that are generated from it (npm run gen). What a page
 * asks goes to the browser with that page, and no table of all that is ever asked with the first.
 */
export const graphql = ((text: string): string => text) as unknown as typeof typed;
