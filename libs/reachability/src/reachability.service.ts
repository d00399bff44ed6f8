import { notFound } from '@isthmus/fleet';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { explain, type Reachability } from './explain.js';
import { PictureLoader } from './picture-loader.js';
import { assertQuestion, type Question, readHost } from './question.js';
import { type TopologyService, topology } from './topology.js';

/** The services of a mesh as a graph. */
export interface Topology {
  /** By host; at most 1,000. */
  readonly services: readonly TopologyService[];
  /** Whether there are more than are here. */
  readonly truncated: boolean;
  /** Of all services. */
  readonly total: number;
}

const mostServices = 1_000;

/** Who reaches whom in a mesh, and why not. */
@Injectable()
export class ReachabilityService {
  constructor(@Inject(PictureLoader) private readonly loader: PictureLoader) {}

  /** @throws NOT_FOUND for the mesh or the cluster, INVALID_ARGUMENT */
  async explain(actor: Actor, meshId: string, question: Question): Promise<Reachability> {
    authorize(actor, 'federation.read');
    authorize(actor, 'configuration.read');
    assertQuestion(question);
    const read = readHost(question.host, question.fromNamespace);
    const host = 'fault' in read ? undefined : read.host;
    const { organizationId } = actor;
    const { fromClusterId } = question;
    const picture = await this.loader.forHost(organizationId, meshId, host, fromClusterId);
    const source = picture.settings.clusters.get(fromClusterId);
    if (!source) throw notFound('cluster');
    return explain(picture, source, question);
  }

  /** @throws NOT_FOUND */
  async topology(actor: Actor, meshId: string): Promise<Topology> {
    authorize(actor, 'federation.read');
    authorize(actor, 'configuration.read');
    const { organizationId } = actor;
    const excerpt = await this.loader.forServices(organizationId, meshId, mostServices);
    const services = topology(excerpt.picture, excerpt.hosts);
    return { services, truncated: excerpt.total > services.length, total: excerpt.total };
  }
}
