import type { DocumentFamily } from '@isthmus/releases';
import { Field, ObjectType, registerEnumType } from '@nestjs/graphql';

/** GraphQL's enum of the families. */
const ConfigurationFamily: { readonly [name in DocumentFamily]: name } = {
  ISTIO: 'ISTIO',
  GATEWAY_API: 'GATEWAY_API',
  INTENT: 'INTENT',
};
registerEnumType(ConfigurationFamily, {
  name: 'ConfigurationFamily',
  description: 'Whose words a document is in',
  valuesMap: {
    INTENT: { description: "In an operator's words, compiled to the others; and ClusterOverride" },
  },
});

@ObjectType({ description: 'A kind of document that a release may hold' })
export class ConfigurationKind {
  @Field(() => String, { description: 'The newest; the schema takes the older ones too' })
  apiVersion!: string;

  @Field(() => String)
  kind!: string;

  @Field(() => ConfigurationFamily)
  family!: DocumentFamily;

  @Field(() => String, {
    description:
      'JSON Schema (draft 7) of the whole document, as JSON text; checkConfiguration judges more',
  })
  schema!: string;

  @Field(() => String, { description: 'A small valid example, YAML' })
  example!: string;

  @Field(() => String, { description: 'In one sentence' })
  description!: string;
}
