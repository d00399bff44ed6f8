export { graphql } from './graphql.js';
export * from './live.js';
export * from './queries.js';
export * from './request.js';
export * from './session.js';
