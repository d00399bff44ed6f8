import { setTimeout as sleep } from 'node:timers/promises';
import { Facts, Intents } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import { dialSync, type SyncConnection } from '@isthmus/sync';
import type { Logger } from 'pino';
import { Conductor } from './appliers/conductor.js';
import { cacertsName } from './appliers/trust.js';
import { ClusterState } from './cluster/state.js';
import type { Config } from './config.js';
import { FactBoard } from './facts/board.js';
import { Inventory } from './facts/inventory.js';
import { Observer } from './facts/observer.js';
import { HealthServer } from './health.js';
import { HubIdentityApi } from './identity/hub-identity.js';
import { explain, IdentityKeeper, identitySecretName } from './identity/keeper.js';
import { SecretStore } from './identity/secrets.js';
import { SigningKeys, signingSecretName } from './identity/signing-keys.js';
import { IntentBook, intentNames } from './intents/book.js';
import { IntentDisk } from './intents/disk.js';
import { ReleaseRecord } from './intents/release-record.js';
import { IstioSteward, type StewardTimes } from './istio/steward/steward.js';
import { IstioSurvey } from './istio/survey.js';
import type { LivenessTimes } from './istiod/liveness.js';
import { istiodsOf } from './istiod/pods.js';
import { Kube } from './kube/client.js';
import { Lease, type LeaseTimes, leaseTimes } from './kube/lease.js';
import { SelfUpgrade } from './self-upgrade.js';
import { Standby, type StandbyTimes, standbyTimes } from './standby.js';

export interface AgentOptions {
  readonly log: Logger;
  /** As reported to the hub. */
  readonly version: string;
  /** How often missing CRDs are looked for; 30,000 ms unless said. */
  readonly discoveryMs?: number;
  /** How often hostnames of remote gateways are resolved; 60,000 ms unless said. */
  readonly resolveMs?: number;
  /** How often the age of the signing certificate is looked at; 60,000 ms unless said. */
  readonly signingCheckMs?: number;
  /** Where istiod serves its debug pages and metrics; 15014 unless said. */
  readonly istiodPort?: number;
  /** How often istiod is asked, and for how long. */
  readonly livenessTimes?: Partial<LivenessTimes>;
  /** How often the steward of Istio looks and tries again; see `stewardTimes`. */
  readonly stewardTimes?: Partial<StewardTimes>;
  /** How fast the Lease of the one agent that works changes hands; see `leaseTimes`. */
  readonly leaseTimes?: LeaseTimes;
  /** How long an agent that waits for it may fail to prove itself; see `standbyTimes`. */
  readonly standbyTimes?: StandbyTimes;
  /** How often a successor is looked at while it proves itself; 2,000 ms unless said. */
  readonly selfUpgradeMs?: number;
}

export interface Agent {
  /**
   * Starts to work, and goes on by itself: what is missing (the API server, the Lease, the hub, a
   * good join token) is waited for, and /readyz says what it is.
   * @returns where health is served; and what resolves, with why, if it gives up: there is another
   * agent that works, and this one could not.
   * @throws when health cannot be served.
   */
  start(): Promise<{ healthPort: number; gaveUp: Promise<string> }>;
  /** Finishes what is under way. The cluster goes on as it is. */
  stop(): Promise<void>;
}

const setupRetryMs = 2_000;

/** The agent of one cluster; `start` may be called once. */
export function createAgent(config: Config, options: AgentOptions): Agent {
  return new LeasedAgent(config, options);
}

/** The Lease of the one agent that works; in its own namespace. */
export const leaseName = 'isthmus-agent';
/** An answer about the Lease that comes later is of no use. */
export const leaseTimeoutMs = 5_000;

/**
 * Works while it holds the Lease, each time from the beginning: another agent may have renewed the
 * identity meanwhile. Who holds none neither dials nor writes.
 */
class LeasedAgent implements Agent {
  private readonly kube: Kube;
  private readonly lease: Lease;
  private readonly standby: Standby;
  private readonly health: HealthServer;
  private readonly stopping = new AbortController();
  private agent: ClusterAgent;
  private failure: string | undefined;
  private working: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly config: Config,
    private readonly options: AgentOptions,
  ) {
    const { namespace, podName, kubeconfig } = config;
    const { log, version } = options;
    this.kube = Kube.load(kubeconfig, leaseTimeoutMs);
    this.lease = new Lease({
      kube: this.kube,
      log,
      namespace,
      name: leaseName,
      identity: podName,
      times: options.leaseTimes ?? leaseTimes,
    });
    this.standby = new Standby({
      ...{ config, log, version, lease: this.lease },
      times: options.standbyTimes ?? standbyTimes,
    });
    this.agent = new ClusterAgent(config, options);
    this.health = new HealthServer({
      failure: () => this.failure,
      readiness: () => this.readiness(),
      metrics: () => ({ lease_held: Number(this.lease.isHeld), ...this.agent.metrics() }),
    });
  }

  async start(): Promise<{ healthPort: number; gaveUp: Promise<string> }> {
    const { signal } = this.stopping;
    const healthPort = await this.health.listen(this.config.healthPort);
    const working = this.lease
      .whileHeld(signal, (over) => this.work(over))
      .catch((error: unknown) => {
        this.failure = `stopped: ${messageOf(error)}`;
        this.options.log.fatal({ err: error }, 'the agent cannot go on');
      });
    const waiting = this.standby.run(signal);
    this.working = Promise.all([working, waiting]);
    const gaveUp = new Promise<string>((resolve) => {
      void waiting.then((why) => {
        if (why !== undefined) resolve(why);
      });
    });
    return { healthPort, gaveUp };
  }

  private readiness(): { isReady: boolean; message: string } {
    const { failure, lease, standby } = this;
    const isReady = failure === undefined;
    if (!isReady) return { isReady, message: failure };
    if (!lease.isHeld) {
      const message = `${lease.problem}; ${standby.missing}`;
      return standby.isProven ? { isReady, message: 'standing by' } : { isReady: false, message };
    }
    const notReady = this.agent.notReady();
    return { isReady: notReady === undefined, message: notReady ?? 'ok' };
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.working;
    this.kube.close();
    await this.health.close();
  }

  private async work(over: AbortSignal): Promise<void> {
    const { agent } = this;
    const isOver = new Promise<void>((resolve) => {
      if (over.aborted) resolve();
      over.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      await Promise.race([isOver, agent.run().then(() => isOver)]);
    } finally {
      await agent.stop();
    }
    if (!this.stopping.signal.aborted) this.agent = new ClusterAgent(this.config, this.options);
  }
}

class ClusterAgent {
  private readonly kube: Kube;
  private readonly cluster: ClusterState;
  private readonly keeper: IdentityKeeper;
  private readonly keys: SigningKeys;
  private readonly disk: IntentDisk;
  private readonly facts = new FactBoard();
  private readonly stopping = new AbortController();
  private book: IntentBook | undefined;
  private conductor: Conductor | undefined;
  private observer: Observer | undefined;
  private inventory: Inventory | undefined;
  private readonly survey: IstioSurvey;
  private readonly selfUpgrade: SelfUpgrade;
  private steward: IstioSteward | undefined;
  private connection: SyncConnection | undefined;
  private isConnected = false;
  private hubProblem = 'the hub has not been dialled yet';
  private step = 'waiting for the API server';
  private hasApplied = false;
  private factsRefused = 0;
  private working: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: Config,
    private readonly options: AgentOptions,
  ) {
    const { log } = options;
    this.kube = Kube.load(config.kubeconfig);
    this.cluster = new ClusterState({
      kube: this.kube,
      log,
      istioNamespace: config.istioNamespace,
      discoveryMs: options.discoveryMs ?? 30_000,
      resolveMs: options.resolveMs ?? 60_000,
    });
    this.survey = new IstioSurvey({
      kube: this.kube,
      log,
      istioNamespace: config.istioNamespace,
      namespaces: this.cluster.namespaces,
    });
    this.keeper = new IdentityKeeper({
      hub: new HubIdentityApi({
        address: config.hubAddress,
        hubCa: config.hubCa,
        agentVersion: options.version,
      }),
      secret: new SecretStore(this.kube, config.namespace, identitySecretName),
      joinToken: config.joinToken,
      retryMs: config.reconnectMs,
      log,
    });
    this.keys = new SigningKeys(new SecretStore(this.kube, config.namespace, signingSecretName));
    this.disk = new IntentDisk(config.dataDir, log);
    this.selfUpgrade = new SelfUpgrade({
      ...{ kube: this.kube, log, facts: this.facts, managed: config.selfUpgrade },
      ...{ namespace: config.namespace, podName: config.podName },
      waitsFor: () => this.notReady(),
      lookMs: options.selfUpgradeMs ?? 2_000,
    });
  }

  /** Resolves when it is ready, or is stopped; it goes on by itself. @throws when it cannot. */
  run(): Promise<void> {
    const { signal } = this.stopping;
    const run = this.work().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    this.working = run.catch(() => undefined);
    return run;
  }

  /** Nothing is begun any more once it is called. @returns when what was under way is done. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.book?.stop();
    // All at once: the Lease may be gone already.
    await Promise.all([
      this.connection?.close(),
      this.conductor?.stop(),
      this.observer?.stop(),
      this.inventory?.stop(),
      this.steward?.stop(),
      this.survey.stop(),
      this.selfUpgrade.stop(),
      this.keeper.stop(),
      this.cluster.stop(),
      this.working,
    ]);
    this.kube.close();
  }

  private async work(): Promise<void> {
    const { log, version } = this.options;
    const { config, cluster, facts, kube } = this;
    const observing = cluster.start();
    // First of all: the way back from an upgrade must not depend on what comes next.
    this.selfUpgrade.start();
    this.step = 'waiting for an identity';
    const identity = await this.keeper.obtain();
    this.stopping.signal.throwIfAborted();
    log.info({ clusterId: identity.clusterId, meshId: identity.meshId }, 'identity ready');
    this.keeper.keepYoung((renewed) => this.connection?.updateIdentity(renewed.client));

    const book = new IntentBook(this.disk, identity.clusterId, log);
    this.book = book;
    await book.load();
    const record = new ReleaseRecord(config.dataDir, identity.clusterId, log);
    await record.load();
    this.selfUpgrade.follow(book);
    this.step = 'reading the cluster';
    const observer = new Observer({
      kube,
      log,
      cluster,
      book,
      facts,
      ownNamespace: config.namespace,
      istioNamespace: config.istioNamespace,
      managesIstio: config.managesIstio,
      upgradesItself: config.selfUpgrade !== undefined,
      agentVersion: version,
    });
    this.observer = observer;
    await this.untilRead(observing, observer);
    this.stopping.signal.throwIfAborted();
    await this.untilDone('the signing key', () => this.keys.load());
    this.stopping.signal.throwIfAborted();
    const view = cluster.view(book, identity.clusterId, (keyId) => this.keys.get(keyId));
    const { istiodPort, livenessTimes: times } = this.options;
    const istiod = {
      istiods: () => istiodsOf(cluster, config.istioNamespace, istiodPort),
      tokenFile: config.istioTokenFile,
      ...(times && { times }),
    };
    const conductor = new Conductor({ kube, log, book, cluster, facts, view, record, istiod });
    this.conductor = conductor;
    conductor.start();
    facts.set('SigningRequest', 'signing', await this.keys.request());
    const inventory = new Inventory({ kube, log, cluster, book, facts });
    this.inventory = inventory;
    inventory.start();
    this.upgrade(book, identity.clusterId);
    await this.untilDone('the facts', () => observer.start());
    this.stopping.signal.throwIfAborted();
    // Facts are complete now, but for exports: those wait until the hub has told the policies.
    this.dial(book);
    this.step = 'waiting for the intents';
    void this.watchSigning(book, conductor);
    await this.untilWhole(book);
    this.stopping.signal.throwIfAborted();
    // An agent that has taken over with an empty disk takes nothing back that the one before has told.
    await conductor.planned();
    facts.complete('IntentStatus');
    facts.complete('ReleaseStatus');
    await conductor.idle();
    facts.complete('Drift');
    this.hasApplied = true;
    log.info('ready');
  }

  /** Whoever may not look at what upgrades look at does without them. */
  private upgrade(book: IntentBook, cluster: string): void {
    const { kube, facts, survey, config } = this;
    const { log } = this.options;
    const { istioNamespace, helm: path, kubeconfig, dataDir } = config;
    const helm = { path, kubeconfig, dataDir };
    this.steward = new IstioSteward({
      ...{ kube, log, survey, facts, book, istioNamespace, helm, cluster },
      ...(this.options.stewardTimes && { times: this.options.stewardTimes }),
    });
    this.steward.start();
    void survey.start();
  }

  /**
   * Until the cluster has been read, which is for ever where a permission is missing. The hub is told
   * which one then, and nothing else: it takes no intent, and no fact but that one is looked for.
   */
  private async untilRead(observing: Promise<void>, observer: Observer): Promise<void> {
    const { cluster } = this;
    const blocked = new Promise<boolean>((resolve) => {
      const look = (): void => {
        if (cluster.forbidden().length > 0) resolve(true);
      };
      cluster.onForbiddenChange(look);
      look();
    });
    if (!(await Promise.race([observing.then(() => false), blocked]))) return;
    this.stopping.signal.throwIfAborted();
    this.step = 'waiting for permission to read the cluster';
    await this.untilDone("the API server's version", () => observer.tellForbidden());
    this.stopping.signal.throwIfAborted();
    this.dial(undefined);
    await observing;
    await this.connection?.close();
    this.connection = undefined;
    this.isConnected = false;
    this.step = 'reading the cluster';
  }

  /** @param book what comes is written there; without one only the fact about the cluster goes up. */
  private dial(book: IntentBook | undefined): void {
    const { log } = this.options;
    const { hubAddress, reconnectMs } = this.config;
    const { identity } = this.keeper;
    if (!identity) return;
    this.connection = dialSync({
      address: hubAddress,
      identity: identity.client,
      intents: {
        types: book ? intentNames.map((name) => Intents[name].typeUrl) : [],
        initialVersions: (typeUrl) => book?.versions(typeUrl) ?? new Map(),
        apply: async (typeUrl, update) => book?.apply(typeUrl, update),
        onSynced: (typeUrl) => book?.synced(typeUrl),
      },
      facts: {
        sets: this.facts.sets.filter(
          ({ typeUrl }) => book !== undefined || typeUrl === Facts.Cluster.typeUrl,
        ),
        // What is not in a set that is complete is not in the cluster.
        explain: () => true,
        onRefused: (_typeUrl, refusals) => {
          this.factsRefused += refusals.length;
          for (const { name, message } of refusals.slice(0, 10)) {
            log.error(
              { fact: name, problem: message },
              'the hub refused a fact; its last one stands',
            );
          }
        },
      },
      backoff: { minMs: reconnectMs.min, maxMs: reconnectMs.max },
      onConnected: () => {
        this.isConnected = true;
        log.info({ hub: hubAddress }, 'connected to the hub');
      },
      onDisconnected: (error, retryInMs) => {
        this.isConnected = false;
        this.hubProblem = explain(error);
        log.warn(
          { code: error.code, retryMs: Math.round(retryInMs) },
          `no connection to the hub: ${this.hubProblem}`,
        );
      },
    });
  }

  /** A new signing key at two thirds of the certificate's life; the old ones go when it is in use. */
  private async watchSigning(book: IntentBook, conductor: Conductor): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await sleep(this.options.signingCheckMs ?? 60_000, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
      const certificate = book.get('SigningCertificate', 'signing')?.value;
      if (!certificate || signal.aborted || certificate.keyId !== this.keys.latestId) continue;
      const { notBefore, notAfter } = certificate;
      try {
        if (Date.now() / 1000 > notBefore + ((notAfter - notBefore) * 2) / 3) {
          await this.keys.renew();
          this.facts.set('SigningRequest', 'signing', await this.keys.request());
        } else if (this.isSigning(conductor)) {
          await this.keys.retireOthers();
        }
      } catch (error) {
        this.options.log.warn(
          { err: error },
          'the signing keys could not be stored; it is tried again',
        );
      }
    }
  }

  /** Whether istiod has been given the latest key: until then it signs with one before it. */
  private isSigning(conductor: Conductor): boolean {
    const { stored } = conductor.writer.state('SigningCertificate/signing');
    const secret = this.cluster.cacerts.get(this.config.istioNamespace, cacertsName);
    const key = Buffer.from(secret?.data?.['ca-key.pem'] ?? '', 'base64').toString();
    return stored === 'yes' && key.trim() === this.keys.get(this.keys.latestId)?.trim();
  }

  /** Until every type of intent has been received whole once, now or in an earlier life. */
  private async untilWhole(book: IntentBook): Promise<void> {
    const isWhole = (): boolean => intentNames.every((name) => book.isWhole(name));
    const { signal } = this.stopping;
    if (isWhole() || signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      book.onChange(() => {
        if (isWhole()) resolve();
      });
    });
  }

  private async untilDone(what: string, run: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await run();
      } catch (error) {
        this.step = `waiting for ${what}: ${messageOf(error)}`;
        this.options.log.warn({ err: error, retryMs: setupRetryMs }, `${what} cannot be had yet`);
        await sleep(setupRetryMs, undefined, { signal: this.stopping.signal });
      }
    }
  }

  notReady(): string | undefined {
    if (this.hasApplied) return undefined;
    const identity = this.keeper.identity ? undefined : this.keeper.problem;
    const hub =
      this.connection && !this.isConnected
        ? `no connection to the hub: ${this.hubProblem}`
        : undefined;
    return [this.step, identity, hub].filter((part) => part !== undefined).join('; ');
  }

  metrics(): Record<string, number> {
    const { book, conductor } = this;
    const counts = conductor?.writer.counts ?? {
      applied: 0,
      deleted: 0,
      corrected: 0,
      refused: 0,
      failed: 0,
    };
    return {
      hub_connected: Number(this.isConnected),
      ready: Number(this.hasApplied),
      identity_expires_seconds: Math.floor((this.keeper.identity?.notAfter ?? 0) / 1000),
      ...Object.fromEntries(
        intentNames.map((name) => [`intents{type="${name}"}`, book?.count(name) ?? 0]),
      ),
      ...Object.fromEntries(
        this.facts.sets.map(({ typeUrl, size }) => [
          `facts{type="${typeUrl.split('.').at(-1)}"}`,
          size,
        ]),
      ),
      facts_refused_total: this.factsRefused,
      writes_total: counts.applied,
      deletes_total: counts.deleted,
      corrections_total: counts.corrected,
      refusals_total: counts.refused,
      failures_total: counts.failed,
    };
  }
}
