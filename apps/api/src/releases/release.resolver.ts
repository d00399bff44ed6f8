import { notFound } from '@isthmus/fleet';
import {
  PreviewService,
  ReleaseService,
  type ReleaseView,
  RolloutService,
} from '@isthmus/releases';
import { Inject } from '@nestjs/common';
import { Args, Context, Int, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { ClusterNode, MeshNode } from '../fleet/types.js';
import { type Connection, ConnectionArgs, toConnection } from '../relay/connection.js';
import { loadMesh } from '../requests/loaders.js';
import { actorOf, type RequestContext } from '../requests/request-context.js';
import {
  ApplyConfigurationInput,
  ApplyConfigurationPayload,
  CheckConfigurationInput,
  CheckConfigurationPayload,
  ClusterPreview,
  ClusterPreviewConnection,
  ConfigurationFile,
  ConfigurationProblem,
  ObjectChange,
  ObjectChangeConnection,
  ReleaseConnection,
  type ReleaseFormName,
  ReleaseFormType,
  ReleaseNode,
  ReleaseObject,
  ReleaseObjectConnection,
} from './types.js';
import { fromPolicy, toPreview, toProblems, toRelease, toRollout } from './views.js';

const mostChanges = 200;

/** Configuration as releases: checked, made, compared, exported. */
@Resolver(() => ReleaseNode)
export class ReleaseResolver {
  constructor(
    @Inject(ReleaseService) private readonly releases: ReleaseService,
    @Inject(RolloutService) private readonly rollouts: RolloutService,
    @Inject(PreviewService) private readonly previews: PreviewService,
  ) {}

  @ResolveField(() => MeshNode)
  async mesh(
    @Parent() { meshId }: ReleaseNode,
    @Context() { loaders }: RequestContext,
  ): Promise<MeshNode> {
    return loadMesh(loaders, meshId);
  }

  @ResolveField(() => [ConfigurationFile], { description: 'As a folder; at most 2,000' })
  files(
    @Parent() { id }: ReleaseNode,
    @Args('form', { type: () => ReleaseFormType, defaultValue: 'WRITTEN' }) form: ReleaseFormName,
    @Context() context: RequestContext,
  ): Promise<ConfigurationFile[]> {
    return this.releases.files(actorOf(context), id, form === 'COMPILED' ? 'compiled' : 'written');
  }

  @ResolveField(() => ReleaseObjectConnection, { description: 'By name, intents compiled' })
  async objects(
    @Parent() { id }: ReleaseNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<ReleaseObject>> {
    const page = await this.releases.objects(actorOf(context), { releaseId: id, ...args });
    return toConnection(page, args, ({ name }) => name);
  }

  @ResolveField(() => [ConfigurationProblem], {
    description: 'What was found when it was made; at most 200',
  })
  async warnings(
    @Parent() { id }: ReleaseNode,
    @Context() context: RequestContext,
  ): Promise<ConfigurationProblem[]> {
    return toProblems((await this.releases.content(actorOf(context), id)).warnings);
  }

  @ResolveField(() => ObjectChangeConnection, {
    description: 'By name; against the release of a number, or the one before it',
  })
  async changes(
    @Parent() { id }: ReleaseNode,
    @Args('from', { type: () => Int, nullable: true }) from: number | undefined,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<ObjectChange>> {
    const page = await this.releases.changes(actorOf(context), {
      releaseId: id,
      from: from ?? undefined,
      ...args,
    });
    return toConnection(page, args, ({ name }) => name);
  }

  @ResolveField(() => ClusterPreviewConnection, {
    description: 'For each cluster: what it runs against what it would',
  })
  async preview(
    @Parent() { id }: ReleaseNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<ClusterPreview>> {
    const page = await this.previews.preview(actorOf(context), { releaseId: id, ...args });
    const { items, hasNext } = page;
    return toConnection({ items: items.map(toPreview), hasNext }, args, (item) => item.clusterId);
  }

  @Mutation(() => CheckConfigurationPayload, {
    description: 'Says what is wrong with a bundle, and what it would change; stores nothing',
  })
  async checkConfiguration(
    @Args('input') { meshId, files, folder }: CheckConfigurationInput,
    @Context() context: RequestContext,
  ): Promise<CheckConfigurationPayload> {
    const bundle = { meshId, files, folder: folder ?? undefined };
    const { problems, objects, changes } = await this.releases.check(actorOf(context), bundle);
    return {
      valid: !problems.some(({ severity }) => severity === 'error'),
      problems: toProblems(problems),
      objectCount: objects,
      changes: changes.slice(0, mostChanges),
    };
  }

  @Mutation(() => ApplyConfigurationPayload, {
    description: 'Makes the next release of a bundle and rolls it out; the same again does nothing',
  })
  async applyConfiguration(
    @Args('input') input: ApplyConfigurationInput,
    @Context() context: RequestContext,
  ): Promise<ApplyConfigurationPayload> {
    const actor = actorOf(context);
    const { meshId, files, message } = input;
    const policy = fromPolicy(input.policy);
    this.rollouts.assertPolicy(policy);
    const folder = input.folder ?? undefined;
    const bundle = { meshId, files, folder, message };
    const { release, isNew, warnings } = await this.releases.create(actor, bundle);
    const rollout =
      input.rollout === false
        ? undefined
        : await this.rollouts.start(actor, { meshId, releaseId: release.id, policy, message });
    return {
      release: toRelease(release),
      created: isNew,
      rollout: rollout ? toRollout(rollout) : null,
      warnings: toProblems(warnings),
    };
  }
}

/** The releases of a mesh. */
@Resolver(() => MeshNode)
export class MeshReleasesResolver {
  constructor(@Inject(ReleaseService) private readonly service: ReleaseService) {}

  @ResolveField(() => ReleaseConnection, { description: 'The newest first' })
  async releases(
    @Parent() { id: meshId }: MeshNode,
    @Args() args: ConnectionArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<ReleaseNode>> {
    const { items, hasNext } = await this.service.list(actorOf(context), { meshId, ...args });
    return toConnection({ items: items.map(toRelease), hasNext }, args, ({ id }) => id);
  }

  @ResolveField(() => ReleaseNode, {
    nullable: true,
    description: 'By number. Null: there is none of that number',
  })
  async release(
    @Parent() { id: meshId }: MeshNode,
    @Args('number', { type: () => Int }) number: number,
    @Context() context: RequestContext,
  ): Promise<ReleaseNode | null> {
    return toReleaseOrNull(await this.service.getByNumber(actorOf(context), { meshId, number }));
  }

  @ResolveField(() => ReleaseNode, {
    nullable: true,
    description:
      'What it is headed for, and the next release is made from: the newest, but that an earlier one was rolled out since',
  })
  async headRelease(
    @Parent() { id }: MeshNode,
    @Context() context: RequestContext,
  ): Promise<ReleaseNode | null> {
    return toReleaseOrNull(await this.service.head(actorOf(context), id));
  }

  @ResolveField(() => ReleaseNode, {
    nullable: true,
    description: 'Of the rollout that was completed last',
  })
  async currentRelease(
    @Parent() { id }: MeshNode,
    @Context() context: RequestContext,
  ): Promise<ReleaseNode | null> {
    return toReleaseOrNull(await this.service.current(actorOf(context), id));
  }
}

function toReleaseOrNull(release: ReleaseView | undefined): ReleaseNode | null {
  return release ? toRelease(release) : null;
}

/** The cluster that a preview is of. */
@Resolver(() => ClusterPreview)
export class ClusterPreviewResolver {
  @ResolveField(() => ClusterNode)
  async cluster(
    @Parent() { clusterId }: ClusterPreview,
    @Context() { loaders }: RequestContext,
  ): Promise<ClusterNode> {
    const cluster = await loaders.cluster.load(clusterId);
    if (!cluster) throw notFound('cluster');
    return cluster;
  }
}
