import type { IntentName } from '@isthmus/contracts';
import { EventService, type EventView } from '@isthmus/events';
import { type ClusterFactView, FederationReader, type IntentStateView } from '@isthmus/federation';
import {
  ClusterService,
  type ClusterView,
  type JoiningRecord,
  JoiningService,
  type Mesh,
  MeshService,
  notFound,
} from '@isthmus/fleet';
import { IsthmusError } from '@isthmus/kernel';
import { type ClusterStanding, RolloutService } from '@isthmus/releases';
import type { Actor } from '@isthmus/tenancy';
import { TrustService, type TrustView } from '@isthmus/trust';
import {
  AgentService,
  type AgentView,
  IstioService,
  type IstioStanding,
  UpgradeService,
  type UpgradeView,
} from '@isthmus/upgrades';
import { Inject, Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';

/** Reads by id that gather what one step of an operation asks for into one query each. */
export interface Loaders {
  readonly mesh: DataLoader<string, Mesh | undefined>;
  readonly cluster: DataLoader<string, ClusterView | undefined>;
  /** By cluster id. */
  readonly clusterFact: DataLoader<string, ClusterFactView | undefined>;
  /** What the plane knows of how a cluster joins; by cluster id. */
  readonly joining: DataLoader<string, JoiningRecord | undefined>;
  /** What became of the intents that every cluster has; by cluster id. */
  readonly settingsState: DataLoader<string, IntentStateView | undefined>;
  readonly trustBundleState: DataLoader<string, IntentStateView | undefined>;
  readonly signingCertificateState: DataLoader<string, IntentStateView | undefined>;
  /** By mesh id. @throws NOT_FOUND */
  readonly trust: DataLoader<string, TrustView>;
  /** What the clusters of a mesh run, by mesh id and then by theirs. @throws NOT_FOUND */
  readonly standings: DataLoader<string, ReadonlyMap<string, ClusterStanding>>;
  /** What a cluster has of Istio; by cluster id. */
  readonly istio: DataLoader<string, IstioStanding | undefined>;
  /** By cluster id. */
  readonly agent: DataLoader<string, AgentView | undefined>;
  readonly event: DataLoader<string, EventView | undefined>;
  /** @throws NOT_FOUND */
  readonly upgrade: DataLoader<string, UpgradeView>;
}

/** @throws NOT_FOUND */
export async function loadMesh({ mesh }: Loaders, id: string): Promise<Mesh> {
  const found = await mesh.load(id);
  if (!found) throw notFound('mesh');
  return found;
}

type Read<T> = (actor: Actor, ids: readonly string[]) => Promise<(T | Error)[]>;

@Injectable()
export class LoadersFactory {
  constructor(
    @Inject(MeshService) private readonly meshes: MeshService,
    @Inject(ClusterService) private readonly clusters: ClusterService,
    @Inject(FederationReader) private readonly reader: FederationReader,
    @Inject(TrustService) private readonly trust: TrustService,
    @Inject(RolloutService) private readonly rollouts: RolloutService,
    @Inject(JoiningService) private readonly joining: JoiningService,
    @Inject(IstioService) private readonly istio: IstioService,
    @Inject(AgentService) private readonly agents: AgentService,
    @Inject(EventService) private readonly events: EventService,
    @Inject(UpgradeService) private readonly upgrades: UpgradeService,
  ) {}

  /** @param cache whether to remember what was read: not where the operation goes on for long. */
  create(actor: Actor | undefined, cache: boolean): Loaders {
    const load = <T>(read: Read<T>) =>
      new DataLoader<string, T>(
        (ids) => {
          if (!actor) throw new IsthmusError('UNAUTHENTICATED', 'sign in');
          return read(actor, ids);
        },
        { cache, maxBatchSize: 200 },
      );
    const loadState = (type: IntentName, name: string) =>
      load((who, ids) => this.reader.intentStateOf(who, ids, type, name));
    return {
      mesh: load((who, ids) => this.meshes.getMany(who, ids)),
      cluster: load((who, ids) => this.clusters.getMany(who, ids)),
      clusterFact: load((who, ids) => this.reader.clusterFact(who, ids)),
      joining: load((who, ids) => this.joining.records(who, ids)),
      settingsState: loadState('ClusterSettings', 'settings'),
      trustBundleState: loadState('TrustBundle', 'trust'),
      signingCertificateState: loadState('SigningCertificate', 'signing'),
      trust: load((who, ids) => Promise.all(ids.map((id) => this.trust.view(who, id)))),
      standings: load((who, ids) => Promise.all(ids.map((id) => this.rollouts.standings(who, id)))),
      istio: load(async (who, ids) => {
        const standings = await this.istio.facts(who, ids);
        return ids.map((id) => standings.get(id));
      }),
      agent: load(async (who, ids) => {
        const views = await this.agents.views(who, ids);
        return ids.map((id) => views.get(id));
      }),
      event: load((who, ids) => this.events.getMany(who, ids)),
      upgrade: load((who, ids) => Promise.all(ids.map((id) => this.upgrades.get(who, id)))),
    };
  }
}
