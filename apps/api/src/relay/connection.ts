import type { Page } from '@isthmus/kernel';
import type { Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { type GraphQLSchema, isObjectType } from '../graphql-js.js';

@ArgsType()
export class ConnectionArgs {
  @Field(() => Int, { nullable: true, description: '1 to 200; 50 unless said' })
  first?: number;

  @Field(() => String, { nullable: true, description: 'The cursor after which to go on' })
  after?: string;
}

/** Takes an argument of a page that is null for one that is not there, as clients mean it. */
export function withFirstPages(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve } = field;
      if (!resolve || !field.args.some(({ name }) => name === 'after')) continue;
      field.resolve = (source, { first, after, ...args }, context, info) => {
        const page = { ...(first !== null && { first }), ...(after !== null && { after }) };
        return resolve(source, { ...args, ...page }, context, info);
      };
    }
  }
  return schema;
}

@ObjectType()
class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => Boolean)
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true })
  startCursor!: string | null;

  @Field(() => String, { nullable: true })
  endCursor!: string | null;
}

/** A part of a list, as Relay wants it. */
export interface Connection<T> {
  readonly edges: readonly { readonly node: T; readonly cursor: string }[];
  readonly pageInfo: PageInfo;
}

/** Makes the GraphQL types `<name>Connection` and `<name>Edge` of a node type. */
export function connectionType<T extends object>(
  name: string,
  node: () => Type<T>,
): Type<Connection<T>> {
  @ObjectType(`${name}Edge`)
  class EdgeType {
    @Field(node)
    node!: T;

    @Field(() => String)
    cursor!: string;
  }

  @ObjectType(`${name}Connection`)
  class ConnectionType {
    @Field(() => [EdgeType])
    edges!: EdgeType[];

    @Field(() => PageInfo)
    pageInfo!: PageInfo;
  }
  return ConnectionType;
}

/**
 * A page of a service as a connection.
 *
 * @param cursorOf what the service takes as `after` to go on behind an item.
 */
export function toConnection<T>(
  page: Page<T>,
  args: ConnectionArgs,
  cursorOf: (item: T) => string,
): Connection<T> {
  const edges = page.items.map((node) => ({ node, cursor: cursorOf(node) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNext,
      hasPreviousPage: args.after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
