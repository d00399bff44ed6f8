/**
 * graphql-js, by the file that Nest and Apollo load. By its name alone Vitest takes the ES
 * modules beside it, and two copies do not know each other's types.
 */
export * from 'graphql/index.js';
