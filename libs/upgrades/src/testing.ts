import {
  ClusterFact,
  type FactName,
  IstioFact,
  IstioIntent,
  ReadinessFact,
} from '@isthmus/contracts';
import { type IsthmusError, newId } from '@isthmus/kernel';
import { advanceMesh, type Database, type Transaction } from '@isthmus/platform';
import { ConfigurationSource, ReleaseContents } from '@isthmus/releases';
import type { Actor, Role } from '@isthmus/tenancy';
import { UpgradeDriver } from './driver.js';
import { IstioService } from './istio.js';
import { KnowledgeSource } from './knowledge-source.js';
import type { UpgradePolicy } from './model.js';
import { UpgradePlanner } from './planner.js';
import { UpgradeSettingsService } from './settings.js';
import { SimulatedCluster } from './simulated-cluster.js';
import { UpgradeService, type UpgradeView } from './upgrades.js';

/** One wave for each cluster, and no time lost. */
export const quick: UpgradePolicy = {
  waves: [{ each: 'CLUSTER' }],
  canaryNamespaces: [],
  soakSeconds: 0,
  timeoutSeconds: 600,
  graceSeconds: 0,
  maxRestarting: 2,
};

/** A tenant with one mesh, the services, and clusters that are simulated. */
export class TestFleet {
  readonly organizationId = newId('organization');
  readonly meshId = newId('mesh');
  readonly clusters = new Map<string, SimulatedCluster>();
  readonly planner: UpgradePlanner;
  readonly upgrades: UpgradeService;
  readonly settings: UpgradeSettingsService;
  readonly istio: IstioService;

  private constructor(
    readonly database: Database,
    readonly knowledge = new KnowledgeSource(),
  ) {
    const configuration = new ConfigurationSource(new ReleaseContents());
    this.planner = new UpgradePlanner(configuration, this.knowledge);
    this.upgrades = new UpgradeService(database, this.planner);
    this.settings = new UpgradeSettingsService(database);
    this.istio = new IstioService(database, this.upgrades, this.knowledge);
  }

  static async create(database: Database): Promise<TestFleet> {
    const fleet = new TestFleet(database);
    const { organizationId, meshId } = fleet;
    await fleet.read(async (tx) => {
      const data = { id: meshId, organizationId, name: 'prod', trustDomain: 'mesh.example' };
      await tx.mesh.create({ data });
      await tx.meshClock.create({ data: { meshId, organizationId } });
    });
    return fleet;
  }

  actor(id = 'user_1', role: Role = 'admin', kind: Actor['kind'] = 'user'): Actor {
    return { organizationId: this.organizationId, kind, id, role };
  }

  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.withOrganization(this.organizationId, work);
  }

  /** A cluster in contact that has told of itself. @returns its id. */
  async cluster(
    name: string,
    simulated = new SimulatedCluster(),
    labels: Record<string, string> = {},
  ): Promise<string> {
    const { organizationId, meshId } = this;
    const id = newId('cluster');
    const now = new Date();
    await this.change((tx) =>
      tx.cluster.create({
        data: {
          ...{
            id,
            organizationId,
            meshId,
            name,
            network: 'net',
            locality: 'eu/a',
            cidrs: [],
            labels,
          },
          ...{ connectedAt: now, lastContactAt: now },
        },
      }),
    );
    this.clusters.set(id, simulated);
    const fact = {
      kubernetesVersion: 'v1.34.1',
      agentVersion: '0.1.0',
      dataPlaneMode: 'sidecar',
      capabilities: ['istio-management'],
    };
    await this.fact(id, 'Cluster', 'cluster', ClusterFact.encode(ClusterFact.fromPartial(fact)));
    await this.tell(id);
    return id;
  }

  /** Has a cluster's agent tell what is there. */
  async tell(id: string): Promise<void> {
    const cluster = this.simulated(id);
    await this.fact(id, 'Istio', 'istio', IstioFact.encode(cluster.fact()));
    await this.fact(id, 'Readiness', 'readiness', ReadinessFact.encode(cluster.readiness()));
  }

  simulated(id: string): SimulatedCluster {
    return this.clusters.get(id) as SimulatedCluster;
  }

  /** Has every cluster do what it was told last, and tell. @returns whether any had something to do. */
  async obey(): Promise<boolean> {
    const rows = await this.read((tx) =>
      tx.clusterIstio.findMany({ where: { meshId: this.meshId } }),
    );
    let any = false;
    for (const { clusterId, body } of rows) {
      if (!this.simulated(clusterId).obey(IstioIntent.decode(body))) continue;
      any = true;
      await this.tell(clusterId);
    }
    return any;
  }

  /** A worker of its own, as another process would have one. */
  driver(): UpgradeDriver {
    return new UpgradeDriver(this.database, this.planner);
  }

  /** Has a worker do all that it can. */
  async drive(driver = this.driver()): Promise<void> {
    const flow = await driver.advance(this.organizationId, this.meshId);
    for (const clusterId of flow?.clusterIds ?? []) {
      await driver.advanceCluster(
        this.organizationId,
        flow?.upgradeId ?? '',
        clusterId,
        flow?.key ?? '',
      );
    }
  }

  /** Workers and agents by turns, until nothing more happens. */
  async settle(most = 100): Promise<void> {
    for (let round = 0; round < most; round += 1) {
      const before = await this.steps();
      await this.drive();
      const isBusy = await this.obey();
      if (!isBusy && (await this.steps()) === before) return;
    }
    throw new Error('it does not come to rest');
  }

  async get({ id }: Pick<UpgradeView, 'id'>): Promise<UpgradeView> {
    return this.upgrades.get(this.actor(), id);
  }

  /** Stages by the names of clusters. */
  async stages({ id }: Pick<UpgradeView, 'id'>): Promise<Record<string, string>> {
    const { items } = await this.upgrades.clusters(this.actor(), { upgradeId: id, first: 200 });
    const rows = await this.read((tx) => tx.cluster.findMany({ where: { meshId: this.meshId } }));
    const names = new Map(rows.map((row) => [row.id, row.name]));
    return Object.fromEntries(items.map(({ clusterId, stage }) => [names.get(clusterId), stage]));
  }

  /** What happened to a cluster, or to the upgrade as a whole. */
  async types({ id }: Pick<UpgradeView, 'id'>, clusterId: string | null): Promise<string[]> {
    const { items } = await this.upgrades.events(this.actor(), { upgradeId: id, first: 200 });
    return items.filter((event) => event.clusterId === clusterId).map(({ type }) => type);
  }

  private async steps(): Promise<number> {
    return this.read((tx) => tx.upgradeEvent.count());
  }

  private change<T>(work: (tx: Transaction, revision: bigint) => Promise<T>): Promise<T> {
    return this.read(async (tx) => work(tx, await advanceMesh(tx, this.meshId, 'settings')));
  }

  async fact(
    clusterId: string,
    type: FactName,
    name: string,
    message: { finish(): Uint8Array },
  ): Promise<void> {
    const { organizationId, meshId } = this;
    const body = Buffer.from(message.finish());
    await this.change(async (tx, revision) => {
      const data = { version: `${revision}`, body, revision, withdrawnAt: null };
      await tx.fact.upsert({
        where: { clusterId_type_name: { clusterId, type, name } },
        create: { clusterId, type, name, organizationId, meshId, since: revision, ...data },
        update: data,
      });
    });
  }
}

export async function errorOf(work: Promise<unknown>): Promise<IsthmusError> {
  return work.then(
    () => {
      throw new Error('it was done');
    },
    (error: unknown) => error as IsthmusError,
  );
}
