import { Field, GraphQLISODateTime, ID, ObjectType } from '@nestjs/graphql';

@ObjectType({ description: 'A root certificate that the clusters of a mesh trust' })
export class TrustAnchor {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { description: 'SHA-256 of the certificate, hex' })
  fingerprint!: string;

  @Field(() => String)
  pem!: string;

  @Field(() => GraphQLISODateTime)
  notBefore!: Date;

  @Field(() => GraphQLISODateTime)
  notAfter!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  retiredAt!: Date | null;
}

@ObjectType({ description: 'With it the istiod of a cluster signs for its workloads' })
export class SigningCertificate {
  @Field(() => ID)
  clusterId!: string;

  @Field(() => String)
  serial!: string;

  @Field(() => String, { description: 'SHA-256 of its public key, hex' })
  keyId!: string;

  @Field(() => ID, { description: 'The anchor that signed it' })
  issuerRootId!: string;

  @Field(() => GraphQLISODateTime)
  notBefore!: Date;

  @Field(() => GraphQLISODateTime)
  notAfter!: Date;

  @Field(() => GraphQLISODateTime, { description: 'When the agent asks for the next one' })
  renewAt!: Date;
}

@ObjectType()
export class TrustView {
  @Field(() => String)
  trustDomain!: string;

  @Field(() => [TrustAnchor])
  anchors!: readonly TrustAnchor[];

  @Field(() => [SigningCertificate], { description: 'The newest of each cluster' })
  signingCertificates!: readonly SigningCertificate[];
}
