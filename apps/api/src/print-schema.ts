import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import { guardSchema } from './requests/operations.js';
import { resolvers } from './resolvers.js';
import { schemaText } from './schema-text.js';

// Writes apps/api/schema.graphql. Needs no database.

const app = await NestFactory.create(GraphQLSchemaBuilderModule, { logger: ['error'] });
await app.init();
const schema = guardSchema(await app.get(GraphQLSchemaFactory).create([...resolvers]));
await writeFile(new URL('../schema.graphql', import.meta.url), schemaText(schema));
await app.close();
