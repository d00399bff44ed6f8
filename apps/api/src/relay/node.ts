import { idKindOf } from '@isthmus/kernel';
import { Field, ID, InterfaceType } from '@nestjs/graphql';

/** The GraphQL type behind an id; undefined for what is no node. */
export function nodeTypeOf(id: string): string | undefined {
  if (id.includes('/')) return 'MeshService';
  switch (idKindOf(id)) {
    case 'organization':
      return 'Organization';
    case 'mesh':
      return 'Mesh';
    case 'cluster':
      return 'Cluster';
    case 'apiToken':
      return 'ApiToken';
    case 'release':
      return 'Release';
    case 'rollout':
      return 'Rollout';
    case 'upgrade':
      return 'Upgrade';
    case 'event':
      return 'Event';
    case 'webhook':
      return 'Webhook';
    case 'exportPolicy':
      return 'ExportPolicy';
    default:
      return undefined;
  }
}

@InterfaceType({
  description: 'What can be read again by its id',
  resolveType: ({ id }: Node) => nodeTypeOf(id),
})
export abstract class Node {
  @Field(() => ID)
  id!: string;
}
