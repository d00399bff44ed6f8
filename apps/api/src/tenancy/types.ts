import { type Role as RoleName, roles } from '@isthmus/tenancy';
import {
  Field,
  GraphQLISODateTime,
  ID,
  InputType,
  ObjectType,
  registerEnumType,
} from '@nestjs/graphql';
import { connectionType } from '../relay/connection.js';
import { Node } from '../relay/node.js';

/** GraphQL's enum of the roles: `VIEWER` for `viewer`. */
export const Role = Object.fromEntries(roles.map((role) => [role.toUpperCase(), role]));
registerEnumType(Role, { name: 'Role', description: 'From least to most' });

@ObjectType({ description: 'A person' })
export class User {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String)
  email!: string;
}

@ObjectType({ implements: () => [Node], description: 'The tenant' })
export class Organization implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}

@ObjectType({ description: 'An organization that a person belongs to' })
export class Membership {
  @Field(() => ID)
  organizationId!: string;

  @Field(() => String)
  organizationName!: string;

  @Field(() => Role)
  role!: RoleName;
}

@ObjectType()
export class Member {
  @Field(() => User)
  user!: User;

  @Field(() => Role)
  role!: RoleName;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}
export const MemberConnection = connectionType('Member', () => Member);

@ObjectType({ implements: () => [Node] })
export class ApiToken implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => Role)
  role!: RoleName;

  @Field(() => [String], {
    description: 'Of Kubernetes: those whose configuration it may change; empty: all',
  })
  namespaces!: readonly string[];

  @Field(() => String, { description: 'Its public beginning, to tell tokens apart' })
  prefix!: string;

  @Field(() => ID, { description: 'The user who made it' })
  createdBy!: string;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;

  @Field(() => GraphQLISODateTime)
  expiresAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'To the minute' })
  lastUsedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  revokedAt!: Date | null;
}
export const ApiTokenConnection = connectionType('ApiToken', () => ApiToken);

@ObjectType({ description: 'Who asks' })
export class Viewer {
  @Field(() => User, { nullable: true, description: 'Null behind an API token' })
  user!: User | null;

  @Field(() => ApiToken, { nullable: true, description: 'The token that asks; null for people' })
  apiToken!: ApiToken | null;

  @Field(() => [Membership])
  memberships!: Membership[];
}

@InputType()
export class SignUpInput {
  @Field(() => String)
  email!: string;

  @Field(() => String, { description: '12 to 128 characters' })
  password!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String)
  organizationName!: string;
}

@ObjectType()
export class SignUpPayload {
  @Field(() => String, { description: 'Send it as Authorization: Bearer; browsers get a cookie' })
  sessionToken!: string;

  @Field(() => User)
  user!: User;

  @Field(() => Organization)
  organization!: Organization;
}

@InputType()
export class SignInInput {
  @Field(() => String)
  email!: string;

  @Field(() => String)
  password!: string;
}

@ObjectType()
export class SignInPayload {
  @Field(() => String, { description: 'Send it as Authorization: Bearer; browsers get a cookie' })
  sessionToken!: string;

  @Field(() => User)
  user!: User;
}

@ObjectType()
export class SignOutPayload {
  @Field(() => Boolean, { description: 'Whether there was a session to end' })
  signedOut!: boolean;
}

@InputType()
export class CreateApiTokenInput {
  @Field(() => String)
  name!: string;

  @Field(() => Role, { description: 'At most your own' })
  role!: RoleName;

  @Field(() => GraphQLISODateTime, { description: 'Within a year' })
  expiresAt!: Date;

  @Field(() => [String], {
    nullable: true,
    description: 'Of Kubernetes: those whose configuration it may change; all unless said',
  })
  namespaces?: string[] | null;
}

@ObjectType()
export class CreateApiTokenPayload {
  @Field(() => ApiToken)
  apiToken!: ApiToken;

  @Field(() => String, { description: 'Shown this once' })
  secret!: string;
}

@InputType()
export class RevokeApiTokenInput {
  @Field(() => ID)
  id!: string;
}

@ObjectType()
export class RevokeApiTokenPayload {
  @Field(() => ApiToken)
  apiToken!: ApiToken;
}
