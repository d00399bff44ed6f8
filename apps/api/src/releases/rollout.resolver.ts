import { notFound } from '@isthmus/fleet';
import {
  ConfigurationSettingsService,
  type DriftPolicy,
  ReleaseService,
  RolloutService,
} from '@isthmus/releases';
import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { MeshNode } from '../fleet/types.js';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import {
  AbortRolloutInput,
  AbortRolloutPayload,
  ConfigurationSettings,
  PauseRolloutInput,
  PauseRolloutPayload,
  ReleaseNode,
  ResumeRolloutInput,
  ResumeRolloutPayload,
  RolloutConnection,
  RolloutEvent,
  RolloutEventConnection,
  RolloutNode,
  StartRolloutInput,
  StartRolloutPayload,
  UpdateConfigurationSettingsInput,
  UpdateConfigurationSettingsPayload,
} from './types.js';
import { fromPolicy, toRelease, toRollout, toSettings } from './views.js';

/** Rollouts: started, watched, stopped. */
@Resolver(() => RolloutNode)
export class RolloutResolver {
  constructor(
    @Inject(RolloutService) private readonly rollouts: RolloutService,
    @Inject(ReleaseService) private readonly releases: ReleaseService,
  ) {}

  @ResolveField(() => ReleaseNode)
  async release(
    @Parent() { releaseId }: RolloutNode,
    @Context() context: RequestContext,
  ): Promise<ReleaseNode> {
    return toRelease(await this.releases.get(actorOf(context), releaseId));
  }

  @ResolveField(() => ReleaseNode, {
    nullable: true,
    description: 'The release of the mesh as it started; null for the first',
  })
  async from(
    @Parent() { fromReleaseId }: RolloutNode,
    @Context() context: RequestContext,
  ): Promise<ReleaseNode | null> {
    if (fromReleaseId === null) return null;
    return toRelease(await this.releases.get(actorOf(context), fromReleaseId));
  }

  @ResolveField(() => RolloutEventConnection, { description: 'As they happened' })
  async events(
    @Parent() { id: rolloutId }: RolloutNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<RolloutEvent>> {
    const page = await this.rollouts.events(actorOf(context), { rolloutId, ...args });
    return toConnection(page, args, ({ step }) => String(step));
  }

  @Mutation(() => StartRolloutPayload, {
    description: 'Any release of the mesh; one at a time, the next ones wait',
  })
  async startRollout(
    @Args('input') input: StartRolloutInput,
    @Context() context: RequestContext,
  ): Promise<StartRolloutPayload> {
    const rollout = await this.rollouts.start(actorOf(context), {
      meshId: input.meshId,
      releaseId: input.releaseId,
      message: input.message ?? undefined,
      policy: fromPolicy(input.policy),
      supersede: input.supersede ?? undefined,
    });
    return { rollout: rollout ? toRollout(rollout) : null };
  }

  @Mutation(() => PauseRolloutPayload, { description: 'Clusters keep what they have' })
  async pauseRollout(
    @Args('input') { id }: PauseRolloutInput,
    @Context() context: RequestContext,
  ): Promise<PauseRolloutPayload> {
    return { rollout: toRollout(await this.rollouts.pause(actorOf(context), id)) };
  }

  @Mutation(() => ResumeRolloutPayload, {
    description: 'Goes on with one that is paused or halted; what was refused is tried once more',
  })
  async resumeRollout(
    @Args('input') { id }: ResumeRolloutInput,
    @Context() context: RequestContext,
  ): Promise<ResumeRolloutPayload> {
    return { rollout: toRollout(await this.rollouts.resume(actorOf(context), id)) };
  }

  @Mutation(() => AbortRolloutPayload, {
    description: 'Ends it where it is: clusters that have the release keep it until another comes',
  })
  async abortRollout(
    @Args('input') { id }: AbortRolloutInput,
    @Context() context: RequestContext,
  ): Promise<AbortRolloutPayload> {
    return { rollout: toRollout(await this.rollouts.abort(actorOf(context), id)) };
  }
}

/** The rollouts of a mesh, and how it treats its configuration. */
@Resolver(() => MeshNode)
export class MeshRolloutsResolver {
  constructor(
    @Inject(RolloutService) private readonly service: RolloutService,
    @Inject(ConfigurationSettingsService) private readonly settings: ConfigurationSettingsService,
  ) {}

  @ResolveField(() => RolloutConnection, { description: 'The newest first' })
  async rollouts(
    @Parent() { id: meshId }: MeshNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<RolloutNode>> {
    const { items, hasNext } = await this.service.list(actorOf(context), { meshId, ...args });
    return toConnection({ items: items.map(toRollout), hasNext }, args, ({ id }) => id);
  }

  @ResolveField(() => ConfigurationSettings)
  async configuration(
    @Parent() { id }: MeshNode,
    @Context() context: RequestContext,
  ): Promise<ConfigurationSettings> {
    return toSettings(await this.settings.get(actorOf(context), id));
  }

  @Mutation(() => UpdateConfigurationSettingsPayload, {
    description: 'Changes what is given, and leaves the rest',
  })
  async updateConfigurationSettings(
    @Args('input') { meshId, driftPolicy, rolloutPolicy }: UpdateConfigurationSettingsInput,
    @Context() context: RequestContext,
  ): Promise<UpdateConfigurationSettingsPayload> {
    const view = await this.settings.update(actorOf(context), meshId, {
      driftPolicy: driftPolicy ? (driftPolicy.toLowerCase() as DriftPolicy) : undefined,
      rolloutPolicy: fromPolicy(rolloutPolicy),
    });
    return { settings: toSettings(view) };
  }
}

/** The release that a mesh runs. */
@Resolver(() => ConfigurationSettings)
export class ConfigurationSettingsResolver {
  constructor(@Inject(ReleaseService) private readonly releases: ReleaseService) {}

  @ResolveField(() => ReleaseNode, {
    nullable: true,
    description: 'Of the rollout that was completed last',
  })
  async currentRelease(
    @Parent() { currentReleaseId }: ConfigurationSettings,
    @Context() context: RequestContext,
  ): Promise<ReleaseNode | null> {
    if (currentReleaseId === null) return null;
    const release = await this.releases.get(actorOf(context), currentReleaseId);
    if (!release) throw notFound('release');
    return toRelease(release);
  }
}
