import { createHash } from 'node:crypto';
import { Facts, IstioFact, State } from '@isthmus/contracts';
import { EventObserver } from '@isthmus/events';
import { FactStore } from '@isthmus/federation';
import { PresenceService } from '@isthmus/fleet';
import type { Transaction } from '@isthmus/platform';
import { ConfigurationSource, ReleaseContents, RolloutDriver } from '@isthmus/releases';
import { AgentService } from '@isthmus/upgrades';
import { storeExport, type TestApi } from '../testing.js';
import type { Example } from './examples.js';

/** What was sent, and what came back; as it was. */
export interface Told {
  readonly variables: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: answers have whatever shape the example has
  readonly data: any;
}

type Headers = Record<string, string>;

/**
 * One story in which every example has its place, from signing up to signing out: two clusters, a service
 * that goes from one to the other, a release, an upgrade of Istio. What agents and the worker would do is
 * told to the stores directly, as the specs beside the domains do.
 */
export class Story {
  readonly told = new Map<string, Told>();
  /** Ids of people, as they came. */
  readonly people: string[] = [];
  /** What placeholders stand for. */
  private readonly known = new Map<string, string>();
  private owner: Headers = {};
  private colleague: Headers = {};
  private readonly presence: PresenceService;

  constructor(
    private readonly api: TestApi,
    private readonly examples: ReadonlyMap<string, Example>,
  ) {
    this.presence = new PresenceService(api.test.database);
  }

  async tell(): Promise<void> {
    await this.account();
    await this.fleet();
    await this.federation();
    await this.configuration();
    await this.upgrades();
    await this.events();
    await this.watching();
    await this.looking();
    await this.leaving();
  }

  private async account(): Promise<void> {
    const { signUp } = await this.play('signUp', {});
    this.people.push(signUp.user.id);
    this.known.set('organizationId', signUp.organization.id);
    this.known.set('anHourAgo', new Date(Date.now() - 3_600_000).toISOString());
    this.known.set('inThirtyDays', new Date(Date.now() + 30 * 86_400_000).toISOString());
    const { signIn } = await this.play('signIn', {});
    this.owner = bearer(signIn.sessionToken);
    await this.play('viewer');
    const { createApiToken } = await this.play('createApiToken');
    this.known.set('apiTokenId', createApiToken.apiToken.id);
  }

  /** Somebody else of the same organization, who approves. */
  private async join(): Promise<void> {
    const grace = { name: 'Grace Example', email: 'grace@acme.example' };
    const input = { ...grace, password: 'correct horse battery staple', organizationName: 'Other' };
    const { signUp } = await this.ask('signUp', { input }, {});
    const organizationId = this.of('organizationId');
    const userId: string = signUp.user.id;
    this.people.push(userId);
    await this.within((tx) =>
      tx.membership.create({ data: { organizationId, userId, role: 'operator' } }),
    );
    this.colleague = {
      ...bearer(signUp.sessionToken),
      'isthmus-organization': organizationId,
    };
  }

  private async fleet(): Promise<void> {
    const { createMesh } = await this.play('createMesh');
    this.known.set('meshId', createMesh.mesh.id);
    await this.play('meshes');
    // Members are in no order that would be the same each time: there is one as yet.
    await this.play('organization');
    const { registerCluster } = await this.play('registerCluster');
    this.known.set('clusterId', registerCluster.cluster.id);
    const { createJoinToken } = await this.play('createJoinToken');
    if (createJoinToken.cluster.id !== this.of('clusterId')) throw new Error('another cluster');
    const place = { network: 'cloud', locality: 'eu-west/a', cidrs: ['10.30.0.0/16'] };
    const labels = [{ key: 'env', value: 'prod' }];
    const other = await this.ask('registerCluster', {
      input: { meshId: this.of('meshId'), name: 'dublin', ...place, labels },
    });
    this.known.set('otherClusterId', other.registerCluster.cluster.id);
    await this.play('agentInstallation');
    await this.play('updateCluster');
    await this.play('setClusterLabels');
    for (const [id, network, more] of [
      ['clusterId', 'on-premises', ['self-upgrade']],
      ['otherClusterId', 'cloud', []],
    ] as const) {
      await this.presence.connected(this.identity(id));
      const body = Facts.Cluster.encode({
        ...{ kubernetesVersion: 'v1.34.2', agentVersion: '0.1.0', observedNetwork: network },
        ...{ capabilities: ['gateway-api', 'istio-crds', 'istio-management', ...more] },
        ...{ dataPlaneMode: 'sidecar', conditions: [], istioVersions: ['1.29.6'] },
      });
      await this.report(id, 'Cluster', 'cluster', body);
    }
  }

  private async federation(): Promise<void> {
    const { createExportPolicy } = await this.play('createExportPolicy');
    this.known.set('exportPolicyId', createExportPolicy.exportPolicy.id);
    await this.play('updateExportPolicy');
    const { grantHost } = await this.play('grantHost');
    this.known.set('hostGrantId', grantHost.hostGrant.id);
    const groups = [
      { locality: 'eu-west/a', serviceAccount: 'payments', ready: 3, addresses: ['10.30.0.7'] },
    ];
    await storeExport(this.api.test, this.identity('otherClusterId'), { groups });
    await this.play('reachability');
  }

  private async events(): Promise<void> {
    await this.play('eventTypes');
    const { createWebhook } = await this.play('createWebhook');
    this.known.set('webhookId', createWebhook.webhook.id);
    await this.play('updateWebhook');
    await this.play('rotateWebhookSecret');
    const { testWebhook } = await this.play('testWebhook');
    this.known.set('deliveryId', testWebhook.delivery.id);
    await this.play('redeliverWebhook');
    const observer = new EventObserver(this.api.test.database);
    await observer.observe(this.of('organizationId'), this.of('meshId'));
    await this.play('replayWebhook');
    await this.play('deleteWebhook');
  }

  private async configuration(): Promise<void> {
    await this.play('configurationKinds');
    await this.play('checkConfiguration');
    const { applyConfiguration } = await this.play('applyConfiguration');
    const { release, rollout } = applyConfiguration;
    this.known.set('releaseId', release.id);
    this.known.set('rolloutId', rollout.id);
    const worker = new RolloutDriver(
      this.api.test.database,
      new ConfigurationSource(new ReleaseContents()),
    );
    await worker.advance(this.of('organizationId'), this.of('meshId'));
    await this.play('pauseRollout');
    await this.play('resumeRollout');
    await this.play('abortRollout');
    await this.play('updateConfigurationSettings');
    await this.drift();
    await this.play('adoptDrift');
    await this.play('startRollout');
    await this.play('requestInventory');
    await this.answerInventory();
    await this.play('adoptInventory');
  }

  /** The first cluster has the release, and somebody has changed an object of it. */
  private async drift(): Promise<void> {
    const { clusterId, organizationId, meshId } = this.identity('clusterId');
    const releaseId = this.of('releaseId');
    await this.within((tx) =>
      tx.clusterRelease.create({
        data: { clusterId, organizationId, meshId, releaseId, fence: 1n },
      }),
    );
    const status = Facts.ReleaseStatus.encode({
      ...{
        number: 1,
        fence: 1,
        digest: '0'.repeat(64),
        objects: 1,
        stored: 1,
        pending: 0,
        refused: 0,
      },
      ...{ accepted: 1, unaccepted: 0, problems: [], absent: 0, live: State.STATE_YES },
      ...{ proxies: 12, proxiesLive: 12, liveMessage: '' },
    });
    await this.report('clusterId', 'ReleaseStatus', 'release', status);
    const found = { spec: { mtls: { mode: 'PERMISSIVE' } } };
    const drift = Facts.Drift.encode({
      ...{ change: 'edited', managers: ['kubectl-edit'], at: 1_772_000_000, count: 1 },
      ...{ outcome: 'tolerated', intentVersion: '1', manifest: bytes(found) },
    });
    await this.report('clusterId', 'Drift', mtls, drift);
  }

  private async answerInventory(): Promise<void> {
    const id = this.of('clusterId');
    const row = await this.within((tx) => tx.cluster.findUniqueOrThrow({ where: { id } }));
    const spec = { host: 'reviews', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } };
    const object = Facts.ConfigurationObject.encode({
      ...{ group: 'networking.istio.io', version: 'v1', kind: 'DestinationRule' },
      ...{ namespace: 'shop', name: 'reviews', manifest: bytes({ spec }), managers: ['kubectl'] },
    });
    const name = 'DestinationRule.networking.istio.io/shop/reviews';
    await this.report('clusterId', 'ConfigurationObject', name, object);
    const request = row.inventoryRequest ?? '';
    const inventory = Facts.Inventory.encode({ request, objects: 1, leftOut: [] });
    await this.report('clusterId', 'Inventory', 'inventory', inventory);
  }

  private async upgrades(): Promise<void> {
    await this.contact();
    await this.play('istioVersions');
    await this.reportIstio('clusterId', { installedBy: 'istioctl', managed: false });
    await this.reportIstio('otherClusterId', { installedBy: 'isthmus', managed: true });
    await this.play('takeOverIstio');
    await this.reportIstio('clusterId', { installedBy: 'istioctl', managed: true });
    await this.play('setClusterChannel');
    await this.play('updateUpgradeSettings');
    await this.failAgent();
    await this.play('retryAgentUpgrade');
    await this.join();
    await this.planned(() => this.play('planUpgrade'));
    await this.play('startUpgrade');
    await this.play('rejectUpgrade', this.colleague);
    await this.planned(() => this.ask('planUpgrade'));
    await this.play('abortUpgrade');
    await this.planned(() => this.ask('planUpgrade'));
    await this.ask('startUpgrade');
    await this.play('approveUpgrade', this.colleague);
    await this.play('pauseUpgrade');
    await this.play('resumeUpgrade');
    await this.play('skipUpgradeCluster');
    await this.haltUpgrade();
    await this.play('retryUpgradeCluster');
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  private async planned(plan: () => Promise<any>): Promise<void> {
    this.known.set('upgradeId', (await plan()).planUpgrade.upgrade.id);
  }

  private async reportIstio(
    id: string,
    { installedBy, managed }: { installedBy: string; managed: boolean },
  ): Promise<void> {
    const fact = IstioFact.fromPartial({
      revisions: [
        {
          ...{ name: 'default', version: '1.29.6', installedBy, managed, replicas: 2, ready: 2 },
          ...{ proxies: 12, gateways: 1, injects: true },
        },
      ],
      tags: [{ name: 'prod', revision: 'default', managed }],
      namespaces: [
        {
          ...{ name: 'shop', follows: 'prod', proxies: 12 },
          revisions: [{ revision: 'default', version: '1.29.6', workloads: 12 }],
        },
      ],
      settled: true,
    });
    await this.report(id, 'Istio', 'istio', Facts.Istio.encode(fact));
  }

  /** The agent was told of its new version, and its successor did not come up. */
  private async failAgent(): Promise<void> {
    const { organizationId, meshId, clusterId } = this.identity('clusterId');
    await new AgentService(this.api.test.database).follow(organizationId, meshId);
    const row = await this.within((tx) =>
      tx.clusterAgent.findUniqueOrThrow({ where: { clusterId } }),
    );
    const fact = Facts.Agent.encode({
      ...{ fence: Number(row.fence), image: 'registry.example.com/isthmus/agent:0.1.0' },
      ...{ state: State.STATE_REFUSED, reason: 'SuccessorFailed', message: 'ImagePullBackOff' },
    });
    await this.report('clusterId', 'Agent', 'agent', fact);
  }

  /** A cluster went back by itself, which halts the upgrade. */
  private async haltUpgrade(): Promise<void> {
    const upgradeId = this.of('upgradeId');
    const clusterId = this.of('clusterId');
    const why = { reason: 'ClusterFailed', detail: 'zurich went back' };
    await this.within(async (tx) => {
      await tx.upgradeCluster.update({
        where: { upgradeId_clusterId: { upgradeId, clusterId } },
        data: { stage: 'ROLLED_BACK', reason: 'TimedOut', detail: 'its istiod was not ready' },
      });
      await tx.upgrade.update({ where: { id: upgradeId }, data: { state: 'HALTED', ...why } });
    });
  }

  private async watching(): Promise<void> {
    await this.contact();
    for (const field of ['clusterStatus', 'meshChanged']) await this.watch(field);
  }

  /** Subscriptions do not say when they have begun: something is changed until one tells of it. */
  private async watch(field: string): Promise<void> {
    const example = this.example(field);
    const variables = this.filled(example.variables) as Told['variables'];
    const socket = await this.api.connect(this.owner);
    try {
      socket.subscribe(field, example.query, variables);
      const isTold = () => socket.of(field).length > 0;
      for (let round = 1; !isTold(); round += 1) {
        const labels = [{ key: 'round', value: String(round) }];
        await this.ask('setClusterLabels', { input: { clusterId: this.of('clusterId'), labels } });
        await socket.until(isTold, 1000).catch(() => undefined);
        if (round > 30) throw new Error(`${field} tells nothing`);
      }
      const [payload] = socket.of(field) as { data?: unknown; errors?: unknown }[];
      if (!payload?.data || payload.errors) throw new Error(JSON.stringify(payload));
      this.told.set(field, { variables, data: payload.data });
      await this.ask('setClusterLabels');
    } finally {
      socket.close();
    }
  }

  private async looking(): Promise<void> {
    await this.contact();
    for (const field of ['mesh', 'meshByName', 'cluster', 'node', 'nodes']) await this.play(field);
  }

  /** As hubs say every few seconds: who is silent for long is out of contact. */
  private contact(): Promise<unknown> {
    const clusters = ['clusterId', 'otherClusterId'].map((name) => this.identity(name));
    return this.presence.contact('hub', clusters);
  }

  private async leaving(): Promise<void> {
    await this.play('rollBackUpgrade');
    const id = this.of('clusterId');
    const lock = { lockedAt: new Date(), lockReason: 'two agents held its identity' };
    const held = { heldRemovals: ['Import/shop/payments'] };
    await this.within((tx) => tx.cluster.update({ where: { id }, data: { ...lock, ...held } }));
    await this.play('releaseHeldRemovals');
    await this.play('unlockCluster');
    await this.play('deleteExportPolicy');
    await this.play('revokeHostGrant');
    await this.play('revokeApiToken');
    await this.play('removeCluster');
    await this.ask('removeCluster', { input: { clusterId: this.of('otherClusterId') } });
    await this.play('deleteMesh');
    await this.play('signOut');
  }

  /** Runs an example, and keeps what came of it. */
  private async play(field: string, who = this.owner): Promise<Told['data']> {
    if (this.told.has(field)) throw new Error(`${field} has been told`);
    const variables = this.filled(this.example(field).variables) as Told['variables'];
    const data = await this.ask(field, variables, who);
    this.told.set(field, { variables, data });
    return data;
  }

  /** Runs it, perhaps with other variables. @throws with the answer when there are errors in it */
  private async ask(
    field: string,
    variables: object = this.filled(this.example(field).variables) as object,
    who = this.owner,
  ): Promise<Told['data']> {
    const answer = await this.api.query(this.example(field).query, variables, who);
    if (answer.code !== undefined || !answer.data) throw new Error(`${field}: ${answer.text}`);
    return answer.data;
  }

  private async report(
    id: string,
    type: keyof typeof Facts,
    name: string,
    body: Uint8Array,
  ): Promise<void> {
    const version = createHash('sha256').update(body).digest('hex');
    const refused = await new FactStore(this.api.test.database).apply(this.identity(id), type, {
      resources: [{ name, version, body }],
      removed: [],
    });
    if (refused.size > 0) throw new Error(`${type}: ${[...refused].join('; ')}`);
  }

  private within<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.api.test.database.withOrganization(this.of('organizationId'), work);
  }

  private identity(id: string) {
    const [organizationId, meshId, clusterId] = ['organizationId', 'meshId', id].map((name) =>
      this.of(name),
    ) as [string, string, string];
    return { organizationId, meshId, clusterId, serial: '00' };
  }

  private example(field: string): Example {
    const example = this.examples.get(field);
    if (!example) throw new Error(`there is no examples/${field}.graphql`);
    return example;
  }

  private of(name: string): string {
    const value = this.known.get(name);
    if (value === undefined) throw new Error(`the story does not know {{${name}}} yet`);
    return value;
  }

  private filled(value: unknown): unknown {
    const text = JSON.stringify(value);
    return JSON.parse(text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => this.of(name)));
  }
}

const mtls = 'PeerAuthentication.security.istio.io/shop/default';

function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

function bytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
