import { type GraphQLSchema, lexicographicSortSchema, printSchema } from './graphql-js.js';

/** The SDL as it is committed: sorted, and laid out as the formatter wants it. */
export function schemaText(schema: GraphQLSchema): string {
  const text = printSchema(lexicographicSortSchema(schema));
  const blocks = text.replace(/^( *)"""(.+)"""$/gm, '$1"""\n$1$2\n$1"""');
  return `# Made by npm run gen; do not edit.\n\n${blocks}\n`;
}
