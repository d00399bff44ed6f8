import { documentKinds } from '@isthmus/releases';
import { Query, Resolver } from '@nestjs/graphql';
import { ConfigurationKind } from './configuration-kind.types.js';

/** What may be written into a release, for editors. */
@Resolver(() => ConfigurationKind)
export class ConfigurationKindResolver {
  @Query(() => [ConfigurationKind], {
    description: 'All kinds that a release may hold: intents, then those of Istio and Gateway API',
  })
  configurationKinds(): readonly ConfigurationKind[] {
    return documentKinds();
  }
}
