import {
  type ExportPolicyInput,
  ExportPolicyService,
  type ExportPolicyView,
  HostGrantService,
} from '@isthmus/federation';
import { IsthmusError } from '@isthmus/kernel';
import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { MeshNode } from '../fleet/types.js';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import {
  CreateExportPolicyInput,
  CreateExportPolicyPayload,
  DeleteExportPolicyInput,
  DeleteExportPolicyPayload,
  ExportPolicy,
  ExportPolicyConnection,
  GrantHostInput,
  GrantHostPayload,
  HostGrant,
  HostGrantConnection,
  type LabelSelector,
  type LabelSelectorInput,
  RevokeHostGrantInput,
  RevokeHostGrantPayload,
  UpdateExportPolicyInput,
  UpdateExportPolicyPayload,
} from './policy.types.js';

/** What may be exported, and by whom. */
@Resolver(() => MeshNode)
export class MeshPolicyResolver {
  constructor(
    @Inject(ExportPolicyService) private readonly policies: ExportPolicyService,
    @Inject(HostGrantService) private readonly grants: HostGrantService,
  ) {}

  @ResolveField(() => ExportPolicyConnection)
  async exportPolicies(
    @Parent() { id: meshId }: MeshNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<ExportPolicy>> {
    const { items, hasNext } = await this.policies.list(actorOf(context), { meshId, ...args });
    return toConnection({ items: items.map(toExportPolicy), hasNext }, args, ({ id }) => id);
  }

  @ResolveField(() => HostGrantConnection)
  async hostGrants(
    @Parent() { id: meshId }: MeshNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<HostGrant>> {
    const page = await this.grants.list(actorOf(context), { meshId, ...args });
    return toConnection(page, args, ({ id }) => id);
  }

  @ResolveField(() => ExportPolicy, {
    nullable: true,
    description: 'By name. Null: it has none of that name',
  })
  async exportPolicy(
    @Parent() { id: meshId }: MeshNode,
    @Args('name', { type: () => String }) name: string,
    @Context() context: RequestContext,
  ): Promise<ExportPolicy | null> {
    const policy = await this.policies.getByName(actorOf(context), { meshId, name });
    return policy ? toExportPolicy(policy) : null;
  }

  @ResolveField(() => HostGrant, {
    nullable: true,
    description: 'For just this host. Null: there is none',
  })
  async hostGrant(
    @Parent() { id: meshId }: MeshNode,
    @Args('namespace', { type: () => String }) namespace: string,
    @Args('service', { type: () => String, description: "Or '*'" }) service: string,
    @Context() context: RequestContext,
  ): Promise<HostGrant | null> {
    const host = { meshId, namespace, service };
    return (await this.grants.getByHost(actorOf(context), host)) ?? null;
  }

  @Mutation(() => CreateExportPolicyPayload)
  async createExportPolicy(
    @Args('input') { meshId, ...input }: CreateExportPolicyInput,
    @Context() context: RequestContext,
  ): Promise<CreateExportPolicyPayload> {
    const settings = { meshId, ...settingsOf(input) };
    return { exportPolicy: toExportPolicy(await this.policies.create(actorOf(context), settings)) };
  }

  @Mutation(() => UpdateExportPolicyPayload, { description: 'Replaces what a policy says' })
  async updateExportPolicy(
    @Args('input') { id, ...input }: UpdateExportPolicyInput,
    @Context() context: RequestContext,
  ): Promise<UpdateExportPolicyPayload> {
    const policy = await this.policies.update(actorOf(context), id, settingsOf(input));
    return { exportPolicy: toExportPolicy(policy) };
  }

  @Mutation(() => DeleteExportPolicyPayload)
  async deleteExportPolicy(
    @Args('input') { id }: DeleteExportPolicyInput,
    @Context() context: RequestContext,
  ): Promise<DeleteExportPolicyPayload> {
    return { exportPolicy: toExportPolicy(await this.policies.delete(actorOf(context), id)) };
  }

  @Mutation(() => GrantHostPayload, {
    description: 'In place of the grant for the same host that there may be',
  })
  async grantHost(
    @Args('input') input: GrantHostInput,
    @Context() context: RequestContext,
  ): Promise<GrantHostPayload> {
    return { hostGrant: await this.grants.grant(actorOf(context), input) };
  }

  @Mutation(() => RevokeHostGrantPayload, {
    description: "The host is again the cluster's that exported it first",
  })
  async revokeHostGrant(
    @Args('input') { id }: RevokeHostGrantInput,
    @Context() context: RequestContext,
  ): Promise<RevokeHostGrantPayload> {
    return { hostGrant: await this.grants.revoke(actorOf(context), id) };
  }
}

/** A policy of the domain, with its labels as a list: GraphQL has no maps. */
export function toExportPolicy(policy: ExportPolicyView): ExportPolicy {
  return {
    ...policy,
    namespaceSelector: toSelector(policy.namespaceSelector),
    serviceSelector: toSelector(policy.serviceSelector),
  };
}

function toSelector({
  matchLabels,
  matchExpressions,
}: ExportPolicyView['serviceSelector']): LabelSelector {
  const labels = Object.entries(matchLabels).map(([key, value]) => ({ key, value }));
  return { matchLabels: labels, matchExpressions };
}

function settingsOf(input: Omit<CreateExportPolicyInput, 'meshId'>): ExportPolicyInput {
  return {
    name: input.name,
    namespaceSelector: fromSelector('namespaceSelector', input.namespaceSelector),
    serviceSelector: fromSelector('serviceSelector', input.serviceSelector),
    everything: input.everything ?? undefined,
  };
}

function fromSelector(
  field: string,
  selector: LabelSelectorInput | null | undefined,
): ExportPolicyInput['serviceSelector'] {
  const labels = selector?.matchLabels ?? [];
  const byKey = new Map(labels.map(({ key, value }) => [key, value]));
  if (byKey.size < labels.length) {
    throw new IsthmusError('INVALID_ARGUMENT', `${field}: matchLabels names a key twice`, {
      field: `${field}.matchLabels`,
    });
  }
  return {
    matchLabels: Object.fromEntries(byKey),
    matchExpressions: selector?.matchExpressions?.map(({ key, operator, values }) => ({
      key,
      operator,
      values: values ?? undefined,
    })),
  };
}
