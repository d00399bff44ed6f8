import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { guardSchema } from './requests/operations.js';
import { resolvers } from './resolvers.js';

// Writes apps/api/schema.graphql. Needs no database.

const app = await NestFactory.create(GraphQLSchemaBuilderModule, { logger: ['error'] });
await app.init();
const schema = await app.get(GraphQLSchemaFactory).create([...resolvers]);
const text = printSchema(lexicographicSortSchema(guardSchema(schema)));
await writeFile(
  new URL('../schema.graphql', import.meta.url),
  `# Made by npm run gen; do not edit.\n\n${text}\n`,
);
await app.close();
