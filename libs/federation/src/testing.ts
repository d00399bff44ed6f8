import { randomBytes } from 'node:crypto';
import { ExportedServiceFact, GatewayFact, IntentStatusFact } from '@isthmus/contracts';
import { newId } from '@isthmus/kernel';
import {
  advanceMesh,
  createLogger,
  type Database,
  LocalVault,
  type Transaction,
} from '@isthmus/platform';
import { ConfigurationSource, ReleaseContents } from '@isthmus/releases';
import { versionOf } from '@isthmus/sync';
import type { Actor, Role } from '@isthmus/tenancy';
import { TrustService } from '@isthmus/trust';
import { VersionSource } from '@isthmus/upgrades';
import type { ReportingCluster } from './fact-store.js';
import type { ReportedFact } from './fact-validation.js';
import { loadFacts, loadSettings } from './mesh-loader.js';
import { MeshRows } from './mesh-rows.js';
import type { MeshState } from './mesh-state.js';
import type { MeshView } from './mesh-view.js';
import { MeshViews } from './mesh-views.js';

/** A tenant with one mesh, for specs. */
export class TestMesh {
  readonly organizationId = newId('organization');
  readonly meshId = newId('mesh');
  readonly trust: TrustService;
  readonly releases: ConfigurationSource;
  readonly upgrades = new VersionSource();

  private constructor(readonly database: Database) {
    this.trust = new TrustService(
      database,
      new LocalVault(randomBytes(32)),
      createLogger('spec', 'fatal'),
    );
    this.releases = new ConfigurationSource(new ReleaseContents());
  }

  static async create(database: Database): Promise<TestMesh> {
    const test = new TestMesh(database);
    const { organizationId, meshId } = test;
    await database.withOrganization(organizationId, async (tx) => {
      await tx.mesh.create({
        data: { id: meshId, organizationId, name: 'prod', trustDomain: 'mesh.example' },
      });
      await tx.meshClock.create({ data: { meshId, organizationId } });
    });
    return test;
  }

  actor(role: Role = 'operator'): Actor {
    return { organizationId: this.organizationId, kind: 'user', id: 'user_1', role };
  }

  /** Registers a cluster, as the fleet does. */
  async cluster(
    name: string,
    network: string,
    options: { cidrs?: string[]; id?: string } = {},
  ): Promise<ReportingCluster> {
    const { organizationId, meshId } = this;
    const clusterId = options.id ?? newId('cluster');
    await this.settings((tx) =>
      tx.cluster.create({
        data: {
          id: clusterId,
          organizationId,
          meshId,
          name,
          network,
          locality: `${network}-region`,
          cidrs: options.cidrs ?? [],
        },
      }),
    );
    return { organizationId, meshId, clusterId };
  }

  /** A release of some objects and an override, as a bundle would come to it. @returns its id. */
  release(number: number, below: (below: number) => number): Promise<string> {
    const { organizationId, meshId } = this;
    const id = newId('release');
    const named = (name: string) => ({
      ...{ group: 'networking.istio.io', version: 'v1', kind: 'VirtualService' },
      ...{ namespace: 'shop', name },
    });
    const env = [{ key: 'env', operator: 'In', values: ['prod'] }];
    const objects = ['a', 'b', 'c', 'd'].slice(below(3)).map((name) => ({
      ...named(name),
      ...{ labels: {}, annotations: {}, place: { path: 'a.yaml', line: 1 } },
      clusters: below(2) ? env : [],
      spec: { hosts: [name], http: [{ timeout: `${below(3)}s` }] },
    }));
    const patch = { type: 'merge', merge: { spec: { http: [] } } };
    const overrides = [
      { name: 'o', clusters: env, target: named('d'), patch, place: { path: 'a.yaml', line: 9 } },
    ];
    return this.settings(async (tx) => {
      const common = { digest: '', message: '', source: 'apply', objects: objects.length };
      const by = { createdBy: 'user_1', createdByKind: 'user' };
      await tx.release.create({ data: { id, organizationId, meshId, number, ...common, ...by } });
      const content = { files: [], objects, overrides, warnings: [] };
      await tx.releaseContent.create({ data: { releaseId: id, organizationId, ...content } });
      return id;
    });
  }

  /** Has a cluster run a release, or all that have none of their own. */
  async runs(clusterId: string | undefined, releaseId: string): Promise<void> {
    const { organizationId, meshId } = this;
    await this.settings(async (tx) => {
      const { fence } = await tx.meshConfiguration.upsert({
        where: { meshId },
        create: { meshId, organizationId, fence: 1n },
        update: {
          fence: { increment: 1n },
          ...(clusterId === undefined ? { currentReleaseId: releaseId } : {}),
        },
      });
      if (clusterId === undefined) return;
      await tx.clusterRelease.upsert({
        where: { clusterId },
        create: { clusterId, organizationId, meshId, releaseId, fence },
        update: { releaseId, fence },
      });
    });
  }

  /** Has a cluster try a release; in place of the trial that there may be. */
  async tries(clusterId: string, releaseId: string): Promise<void> {
    const { organizationId, meshId } = this;
    await this.settings(async (tx) => {
      await tx.rollout.deleteMany({ where: { meshId } });
      const plan = { trial: [clusterId], waves: [] };
      const state = { state: 'RUNNING', stage: 'trial', fence: 7n };
      const by = { createdBy: 'user_1', createdByKind: 'user', message: '', policy: {} };
      const id = newId('rollout');
      await tx.rollout.create({
        data: { id, organizationId, meshId, releaseId, plan, ...state, ...by },
      });
    });
  }

  /** Changes settings behind the services' back. */
  settings<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.withOrganization(this.organizationId, async (tx) => {
      await advanceMesh(tx, this.meshId, 'settings');
      return work(tx);
    });
  }

  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.withOrganization(this.organizationId, work);
  }

  /** A view of the mesh, as a hub has one. */
  view(): MeshView {
    return new MeshViews(this.database, this.trust, this.releases, this.upgrades).open(
      this.organizationId,
      this.meshId,
    );
  }

  /** Everything, read anew. */
  state(): Promise<MeshState> {
    return this.read(async (tx) => ({
      settings: await loadSettings(tx, this, this.meshId),
      facts: MeshRows.of(await loadFacts(tx, this.meshId, -1n)),
    }));
  }

  async revision(): Promise<bigint> {
    const clock = await this.database.untenanted.meshClock.findUniqueOrThrow({
      where: { meshId: this.meshId },
    });
    return clock.revision;
  }
}

function reported(name: string, body: Uint8Array): ReportedFact {
  return { name, version: versionOf(body), body };
}

/** An exported service; `ready` endpoints in one group unless there are addresses. */
export function service(
  host: string,
  fields: Partial<ExportedServiceFact> & { ready?: number; addresses?: string[] } = {},
): ReportedFact {
  const [namespace = '', name = ''] = host.split('/');
  const { ready = 1, addresses = [], ...rest } = fields;
  const fact = ExportedServiceFact.fromPartial({
    namespace,
    name,
    ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
    groups: [{ locality: 'eu/west/a', serviceAccount: name, ready, addresses }],
    exportedBy: 'ServiceExport',
    ...rest,
  });
  return reported(host, ExportedServiceFact.encode(fact).finish());
}

export function gateway(name: string, value: string, network = ''): ReportedFact {
  const fact = GatewayFact.fromPartial({
    namespace: name.split('/')[0] ?? '',
    name: name.split('/')[1] ?? '',
    network,
    addresses: [{ type: /[a-z]/.test(value) ? 'Hostname' : 'IPAddress', value, port: 15443 }],
    selector: { istio: 'eastwestgateway' },
  });
  return reported(name, GatewayFact.encode(fact).finish());
}

export function intentStatus(name: string, fields: Partial<IntentStatusFact>): ReportedFact {
  return reported(name, IntentStatusFact.encode(IntentStatusFact.fromPartial(fields)).finish());
}
