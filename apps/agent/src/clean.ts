import { setTimeout as sleep } from 'node:timers/promises';
import type { IntentName } from '@isthmus/contracts';
import { IsthmusError } from '@isthmus/kernel';
import type { Logger } from 'pino';
import { leaseName, leaseTimeoutMs } from './agent.js';
import { rankOf } from './appliers/configuration.js';
import { typeOf } from './appliers/entry.js';
import { networkLabel } from './appliers/peer.js';
import { cacertsName } from './appliers/trust.js';
import { Writer } from './appliers/writer.js';
import type { CleanWishes, Config } from './config.js';
import { HubIdentityApi } from './identity/hub-identity.js';
import { explain, IdentityKeeper, identitySecretName } from './identity/keeper.js';
import { SecretStore } from './identity/secrets.js';
import { signingSecretName } from './identity/signing-keys.js';
import { Upgraded } from './istio/kinds.js';
import { fieldManager, Kube, KubeError } from './kube/client.js';
import { Informer } from './kube/informer.js';
import {
  Core,
  type Kind,
  type KubeObject,
  kindId,
  type Namespace,
  Optional,
} from './kube/kinds.js';
import { Lease, type LeaseTimes, leaseTimes } from './kube/lease.js';
import { intentOf, isOurWork, Marks, setByUs } from './kube/ownership.js';

export interface CleanSettings {
  readonly config: Config;
  readonly wishes: CleanWishes;
  readonly log: Logger;
  readonly version: string;
  /** How fast the Lease changes hands; see `leaseTimes`. */
  readonly leaseTimes?: LeaseTimes;
}

/**
 * What goes together, first to last. Who refers to something goes before it: routes of a release lead to imports, and
 * an entry of a network without a gateway makes proxies refuse all that came with it. Undefined: whatever is left.
 */
const rounds: readonly (readonly IntentName[] | undefined)[] = [
  ['Configuration'],
  ['Import', 'Endpoints'],
  undefined,
];
/** Between two rounds, so that no proxy sees the second one first; see `spreadMs` of the writer. */
const spreadMs = 1_000;
const lookMs = 100;
const mostNamed = 10;
/** Of the API server and of the hub: both are tried again until the deadline, or taken for unreachable. */
const retryMs = 1_000;

/**
 * Takes away what the agent wrote in its cluster: ends the agent, takes its Lease so that no other one writes, and
 * deletes in a safe order what is its work, or gives it back. Done again, it does what is left.
 *
 * @throws CLUSTER_NOT_REMOVED, before anything is changed; UNAVAILABLE with what is left when the time is over.
 */
export async function clean(settings: CleanSettings): Promise<void> {
  const { config, wishes, log } = settings;
  const kube = Kube.load(config.kubeconfig);
  const leaseKube = Kube.load(config.kubeconfig, leaseTimeoutMs);
  const over = AbortSignal.timeout(wishes.deadlineMs);
  try {
    await untilDone('the identity', over, log, () => assertLeft(kube, settings));
    await untilDone('the agent', over, log, () => endAgent(kube, config, wishes));
    const lease = new Lease({
      ...{ kube: leaseKube, log, namespace: config.namespace, name: leaseName },
      ...{ identity: config.podName, times: settings.leaseTimes ?? leaseTimes },
    });
    await takeUnder(lease, kube, settings, over);
    await untilDone('the Lease', over, log, () =>
      forget(kube, Core.Lease, config.namespace, leaseName),
    );
    log.info('nothing is left of what the agent wrote');
  } finally {
    kube.close();
    leaseKube.close();
  }
}

/** Anew where the Lease is lost meanwhile. @throws UNAVAILABLE */
async function takeUnder(
  lease: Lease,
  kube: Kube,
  settings: CleanSettings,
  over: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  let last: Cleaning | undefined;
  await lease.whileHeld(AbortSignal.any([over, done.signal]), async (lost) => {
    const cleaning = new Cleaning(kube, settings);
    last = cleaning;
    try {
      await cleaning.run(lost);
      done.abort();
    } catch (error) {
      if (!lost.aborted) throw error;
    } finally {
      await cleaning.stop();
    }
  });
  if (done.signal.aborted) return;
  const where = last ? last.describe() : `the agent was to end; ${lease.problem}`;
  throw new IsthmusError(
    'UNAVAILABLE',
    `not done in time: ${where}; run helm uninstall again, which goes on from here, or with --no-hooks, which leaves the rest`,
  );
}

/** Others send their traffic here as long as the plane has the cluster for a member. */
async function assertLeft(
  kube: Kube,
  { config, wishes, log, version: agentVersion }: CleanSettings,
): Promise<void> {
  if (wishes.evenIfMember) return;
  const { hubAddress: address, hubCa, namespace, reconnectMs } = config;
  const hub = new HubIdentityApi({ address, hubCa, agentVersion });
  const secret = new SecretStore(kube, namespace, identitySecretName);
  const keeper = new IdentityKeeper({
    hub,
    secret,
    joinToken: undefined,
    retryMs: reconnectMs,
    log,
  });
  const identity = await keeper.stored();
  if (!identity) return;
  let answer = 'it is a member';
  try {
    await hub.probe(identity.client);
  } catch (error) {
    const code = error instanceof IsthmusError ? error.code : undefined;
    if (code === 'CLUSTER_REMOVED' || code === 'IDENTITY_UNTRUSTED') return;
    answer = explain(error);
    if (code === 'UNAVAILABLE') {
      log.warn(`the hub cannot be asked whether the cluster is a member still: ${answer}`);
      return;
    }
  }
  throw new IsthmusError(
    'CLUSTER_NOT_REMOVED',
    `nothing was changed: by the hub's word the cluster ${identity.clusterId} was not removed from its mesh (${answer}), and others may send their traffic here; remove it in the console, and uninstall again, or set uninstall.evenIfMember=true`,
  );
}

/** As who upgrades the agent does: Helm deletes the Deployment later. */
async function endAgent(kube: Kube, { namespace }: Config, { deployment }: CleanWishes) {
  try {
    const ref = { namespace, name: deployment };
    await kube.patch(Upgraded.Deployment, ref, { spec: { replicas: 0 } }, 'scale');
  } catch (error) {
    if (!(error instanceof KubeError && error.status === 404)) throw error;
  }
}

/** Tries again what fails for a reason that passes. */
async function untilDone(
  what: string,
  over: AbortSignal,
  log: Logger,
  run: () => Promise<void>,
): Promise<void> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof KubeError && error.transient) || over.aborted) throw error;
      log.warn({ retryMs }, `${what}: ${error.message}`);
      await sleep(retryMs, undefined, { signal: over }).catch(() => undefined);
    }
  }
}

class Cleaning {
  private readonly informers = new Map<string, Informer<KubeObject>>();
  private readonly writer: Writer;
  /** Types of intents whose objects may go by now; undefined: of all. */
  private mayGo: ReadonlySet<string> | undefined = new Set();
  private doing = 'reading the cluster';

  constructor(
    private readonly kube: Kube,
    private readonly settings: CleanSettings,
  ) {
    this.writer = new Writer({
      kube,
      log: settings.log,
      informer: (kind) => this.informers.get(kindId(kind)),
      mayPrune: (type) => this.mayGo?.has(type) ?? true,
      rankOf,
      // Of what is wanted, and nothing is.
      drifts: {
        areTolerated: false,
        found: () => undefined,
        isLeftDeleted: () => false,
        settled: () => undefined,
      },
      onState: () => undefined,
    });
  }

  async stop(): Promise<void> {
    await this.writer.stop();
    await Promise.all([...this.informers.values()].map((informer) => informer.stop()));
  }

  /** What was being done last, and what is there still. */
  describe(): string {
    const left = [...this.left(() => true)].map(
      ({ kind, object: { metadata } }) => `${kind.kind} ${metadata.namespace}/${metadata.name}`,
    );
    const named = left.slice(0, mostNamed).join(', ');
    const more = left.length > mostNamed ? ` and ${left.length - mostNamed} more` : '';
    return left.length > 0 ? `${this.doing}; left: ${named}${more}` : this.doing;
  }

  /** @throws when the signal fires, or something is refused for good. */
  async run(lost: AbortSignal): Promise<void> {
    await this.read(lost);
    for (const types of rounds) {
      this.doing = types ? `deleting what is of ${types.join(', ')}` : 'deleting the rest';
      this.mayGo = types && new Set([...(this.mayGo ?? []), ...types]);
      const isDue = (type: string): boolean => this.mayGo?.has(type) ?? true;
      const isAny = [...this.left(isDue)].length > 0;
      this.writer.recheck();
      while ([...this.left(isDue)].length > 0) await sleep(lookMs, undefined, { signal: lost });
      if (isAny && types) await sleep(spreadMs, undefined, { signal: lost });
    }
    this.doing = 'taking fields off what is of others';
    await this.retry(lost, () => this.takeStatuses());
    await this.retry(lost, () => this.takeNetwork());
    this.doing = 'deleting the Secrets';
    const { kube } = this;
    const { namespace, istioNamespace } = this.settings.config;
    if (this.settings.wishes.takesAuthority) {
      await this.retry(lost, () =>
        forget(kube, Core.Secret, istioNamespace, cacertsName, isOurWork),
      );
    }
    for (const name of [signingSecretName, identitySecretName])
      await this.retry(lost, () => forget(kube, Core.Secret, namespace, name));
  }

  /** All objects with our label, of every kind that the agent may have written. */
  private async read(lost: AbortSignal): Promise<void> {
    const { kube } = this;
    const { log } = this.settings;
    const scope = { labelSelector: Marks.intent };
    const kinds: Kind[] = [Core.Service];
    await this.retry(lost, async () => {
      kinds.length = 1;
      const seen = new Map<string, readonly string[]>();
      for (const [name, versions] of Optional) {
        const kind = await kube.served(versions, seen);
        if (!kind || name === 'ServiceExport') continue;
        if (await kube.mayList(kind)) kinds.push(kind);
        else log.warn({ kind: kindId(kind) }, 'not granted, and so not looked at');
      }
    });
    for (const kind of kinds) {
      const informer = new Informer<KubeObject>(kube, kind, log, { scope });
      this.informers.set(kindId(kind), informer);
      this.writer.observe(informer);
      informer.start();
    }
    const all = Promise.all([...this.informers.values()].map(({ synced }) => synced));
    await Promise.race([all, aborted(lost)]);
    lost.throwIfAborted();
  }

  /** What is our work, and there still. @param isDue By type of intent. */
  private *left(isDue: (type: string) => boolean): Generator<{ kind: Kind; object: KubeObject }> {
    for (const informer of this.informers.values()) {
      for (const object of informer.values()) {
        if (isOurWork(object) && isDue(typeOf(intentOf(object))))
          yield { kind: informer.kind, object };
      }
    }
  }

  /** The conditions of ServiceExports, which are somebody else's. */
  private async takeStatuses(): Promise<void> {
    const { kube } = this;
    const kind = await kube.served(Optional.get('ServiceExport') ?? []);
    if (!kind) return;
    for await (const { items } of kube.pages<KubeObject>(kind)) {
      for (const { metadata } of items) {
        const { namespace, name, uid, managedFields = [] } = metadata;
        const isSet = managedFields.some(
          ({ manager, subresource }) => manager === fieldManager && subresource === 'status',
        );
        const mark = { metadata: { name, uid, ...(namespace !== undefined && { namespace }) } };
        if (isSet) await kube.apply(kind, mark as KubeObject, { subresource: 'status' });
      }
    }
  }

  /** The label of istiod's namespace, where the agent set it. */
  private async takeNetwork(): Promise<void> {
    const { kube } = this;
    const name = this.settings.config.istioNamespace;
    const namespace = await kube.get<Namespace>(Core.Namespace, { name });
    if (!namespace || !setByUs(namespace, ['metadata', 'labels', networkLabel])) return;
    const { uid = '' } = namespace.metadata;
    await kube.apply(Core.Namespace, { metadata: { name, uid } });
  }

  private retry(lost: AbortSignal, run: () => Promise<void>): Promise<void> {
    return untilDone(this.doing, lost, this.settings.log, run);
  }
}

/** Deletes one object by its name, if it is there. */
async function forget(
  kube: Kube,
  kind: Kind,
  namespace: string,
  name: string,
  mayGo: (object: KubeObject) => boolean = () => true,
): Promise<void> {
  const object = await kube.get<KubeObject>(kind, { namespace, name });
  if (object && mayGo(object)) await kube.delete(kind, object);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
