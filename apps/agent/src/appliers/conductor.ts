import { type IntentName, Intents } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import type { ClusterState } from '../cluster/state.js';
import type { FactBoard } from '../facts/board.js';
import { type IntentBook, type IntentOf, intentNames } from '../intents/book.js';
import type { ReleaseRecord } from '../intents/release-record.js';
import { type IstiodAccess, Liveness } from '../istiod/liveness.js';
import type { StoredObject } from '../istiod/stored.js';
import type { Kube } from '../kube/client.js';
import { type KubeObject, type Service } from '../kube/kinds.js';
import { intentOf, isOurs } from '../kube/ownership.js';
import { configurationApplier, rankOf } from './configuration.js';
import { nameOf, typeOf as typeNameOf } from './entry.js';
import { exportPolicyApplier, exportStatusApplier } from './export-status.js';
import { exposureApplier } from './exposure.js';
import { endpointsApplier, importApplier, isJoined } from './import.js';
import { peerApplier } from './peer.js';
import {
  type Acceptance,
  type Applier,
  type Desired,
  type Plan,
  type Reason,
  type View,
} from './plan.js';
import {
  agentApplier,
  inventoryApplier,
  istioApplier,
  releaseApplier,
  trialApplier,
} from './release.js';
import { Releases } from './releases.js';
import { settingsApplier } from './settings.js';
import { standingOf, statusFact } from './status.js';
import { Trials } from './trials.js';
import { signingApplier, trustApplier } from './trust.js';
import { Writer } from './writer.js';

type Appliers = { readonly [N in IntentName]: Applier<IntentOf<N>> };

export interface ConductorSettings {
  readonly kube: Kube;
  readonly log: Logger;
  readonly book: IntentBook;
  readonly cluster: ClusterState;
  readonly facts: FactBoard;
  readonly view: View;
  /** Loaded. */
  readonly record: ReleaseRecord;
  readonly istiod: IstiodAccess;
}

interface Planned {
  readonly version: string;
  readonly plan: Plan;
}

/**
 * Makes objects of intents, and reports what became of each. An intent is planned anew when it
 * changes, and when something changes that its plan looked at; all plans are made at once after
 * the changes of one turn, and cost no request.
 */
export class Conductor {
  readonly writer: Writer;
  private readonly appliers: Appliers;
  private readonly trials: Trials;
  private readonly releases: Releases;
  private readonly liveness: Liveness;
  private readonly plans = new Map<string, Planned>();
  private readonly dirty = new Set<string>();
  private readonly stale = new Set<string>();
  private scheduled = false;
  private isPlanned = false;
  private stopped = false;

  constructor(private readonly settings: ConductorSettings) {
    const { kube, log, book, cluster, facts, record } = settings;
    this.appliers = {
      ClusterSettings: settingsApplier,
      TrustBundle: trustApplier(() => book.get('SigningCertificate', 'signing')?.value),
      SigningCertificate: signingApplier,
      Peer: peerApplier,
      Exposure: exposureApplier,
      Import: importApplier,
      Endpoints: endpointsApplier,
      ExportPolicy: exportPolicyApplier,
      ExportStatus: exportStatusApplier,
      Release: releaseApplier,
      Configuration: configurationApplier,
      Trial: trialApplier,
      Inventory: inventoryApplier,
      Istio: istioApplier,
      Agent: agentApplier,
    };
    this.liveness = new Liveness({
      ...settings.istiod,
      log,
      onChange: () => this.releases.reportSoon(),
    });
    this.releases = new Releases({
      book,
      facts,
      record,
      log,
      leaving: () => this.writer.leaving,
      live: (release) => {
        if (!release) return this.liveness.forget();
        const { fence, isStored } = release;
        return this.liveness.follow(fence, isStored ? this.storedObjects() : undefined);
      },
      onAccepted: (isNewFence) => this.released(isNewFence),
    });
    const onState = (intent: string): void => this.refreshStatus(intent);
    this.writer = new Writer({
      kube,
      log,
      informer: (kind) => cluster.informer(kind),
      mayPrune: (type) => this.mayPrune(type),
      rankOf,
      drifts: this.releases.drifts,
      onState,
    });
    this.trials = new Trials({ kube, rankOf, onState });
  }

  /** Plans everything, then follows changes. Call it when the cluster has been read. */
  start(): void {
    const { book, cluster } = this.settings;
    book.onChange((type, names) => this.intentsChanged(type, names));
    this.observe();
    cluster.onKind((_name, informer) => {
      this.writer.observe(informer);
      informer.onChange(({ before, now }) => {
        this.refreshOwner(now);
        // Gone, or given away.
        if (!now || !isOurs(now)) this.refreshOwner(before);
      });
      void informer.synced.then(() => this.replanAll());
    });
    cluster.onResolved(() => this.mark('Peer', 'Import'));
    this.replanAll();
    this.flush();
    this.isPlanned = true;
    this.writer.recheck();
    this.releases.start();
  }

  /** A signing key came or went. */
  keysChanged(): void {
    this.mark('SigningCertificate');
    this.mark('TrustBundle');
  }

  /** Resolves when it has been told of each intent how it stands, be it that nothing is done yet. */
  async planned(): Promise<void> {
    await this.releases.settled();
    this.flush();
  }

  /** Resolves when all that can be written now has been. */
  async idle(): Promise<void> {
    do {
      await this.planned();
      await this.writer.idle();
    } while (this.dirty.size > 0);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([
      this.writer.stop(),
      this.trials.stop(),
      this.releases.stop(),
      this.liveness.stop(),
    ]);
  }

  private observe(): void {
    const { cluster } = this.settings;
    const { namespaces, services, cacerts } = cluster;
    for (const informer of [namespaces, services, cacerts]) {
      this.writer.observe(informer as unknown as Parameters<Writer['observe']>[0]);
    }
    namespaces.onChange(({ before, now }) => {
      const name = (now ?? before)?.metadata.name;
      // Labels of a namespace matter to none but istiod's.
      if (name === this.settings.view.istioNamespace) this.replanAll();
      else if (!before || !now) this.mark('Import', 'Endpoints');
      // Objects of the release wait for it, or went with it.
      if (!before || !now) this.writer.recheck();
    });
    services.onChange(({ before, now }) => {
      const { namespace, name } = (now ?? before)?.metadata ?? {};
      this.markService(`${namespace}/${name}`, before, now);
      if (isGateway(before) || isGateway(now)) this.mark('Exposure');
    });
    cluster.onKind((name, informer) => {
      if (name !== 'ServiceExport') return;
      informer.onChange(({ before, now }) => {
        const { namespace, name: exported } = (now ?? before)?.metadata ?? {};
        this.markOne('ExportStatus', `${namespace}/${exported}`);
      });
    });
  }

  private intentsChanged(type: IntentName, names: readonly string[]): void {
    const { cluster } = this.settings;
    switch (type) {
      case 'ClusterSettings':
        this.replanAll();
        break;
      case 'TrustBundle':
      case 'SigningCertificate':
        this.mark('TrustBundle', 'SigningCertificate');
        break;
      case 'Peer':
        this.mark('Import');
        break;
      case 'Release':
      case 'Configuration':
        this.releases.changed();
        break;
      case 'Import':
        for (const name of names) {
          const [namespace, service = ''] = name.split('/');
          this.markService(name, cluster.services.get(namespace, service));
        }
        break;
      default:
    }
    for (const name of names) this.markOne(type, name);
    // A type that has become whole lets what is left over be deleted: not before what has come is planned.
    if (names.length > 0) return;
    this.flush();
    this.writer.recheck();
  }

  /** Before everything was planned once, nothing is known to be unwanted. */
  private mayPrune(type: string): boolean {
    const { book } = this.settings;
    // Without a release nothing says that there is to be none of it.
    if (type === 'Configuration' && (this.releases.areHeld || !book.get('Release', 'release')))
      return false;
    if (!this.isPlanned || !isIntentName(type)) return false;
    const lookedAt = type === 'Configuration' ? [] : lookedAtByOthers;
    return [type, ...lookedAt].every((name) => book.isWhole(name));
  }

  /** A release is acted on from now on, or the same one under another setting. */
  private released(isNewFence: boolean): void {
    this.mark('Configuration');
    for (const intent of this.plans.keys()) {
      if (typeOf(intent) === 'Configuration') this.dirty.add(intent);
    }
    this.flush();
    this.writer.recheck();
    if (isNewFence) this.writer.retryRefused();
    // What was refused under the fence before is no answer to this one.
    this.flush();
  }

  /** Objects of the release as they are; what is left deleted is not among them. */
  private storedObjects(): StoredObject[] {
    return [...this.plans].flatMap(
      ([
        intent,
        {
          plan: { objects },
        },
      ]) => {
        if (typeOf(intent) !== 'Configuration' || objects === 'keep') return [];
        return objects.flatMap((desired) => {
          const object = this.writer.live(desired);
          return object ? [{ kind: desired.kind, object }] : [];
        });
      },
    );
  }

  private replanAll(): void {
    this.mark(...intentNames);
  }

  private mark(...types: readonly IntentName[]): void {
    for (const type of types) {
      for (const [name] of this.settings.book.entries(type)) this.markOne(type, name);
    }
  }

  /**
   * The import of a service, and those whose entries it would join, with their endpoints.
   * @param states What its Service was or is.
   */
  private markService(service: string, ...states: readonly (Service | undefined)[]): void {
    const { book, cluster } = this.settings;
    const services = new Set([service]);
    for (const state of states) {
      if (!state) continue;
      const { namespace = '' } = state.metadata;
      for (const { metadata, spec } of cluster.servicesIn(namespace)) {
        if (isJoined(state, spec?.selector)) services.add(`${namespace}/${metadata.name}`);
      }
    }
    for (const each of services) this.markOne('Import', each);
    for (const [name] of book.entries('Endpoints')) {
      if (services.has(name.slice(name.indexOf('/') + 1))) this.markOne('Endpoints', name);
    }
  }

  private markOne(type: IntentName, name: string): void {
    const intent = `${type}/${name}`;
    if (!this.settings.book.get(type, name) && !this.plans.has(intent)) return;
    this.dirty.add(intent);
    this.schedule();
  }

  private refreshStatus(intent: string): void {
    this.stale.add(intent);
    this.schedule();
  }

  /** istiod wrote the status of an object of ours. */
  private refreshOwner(object: KubeObject | undefined): void {
    if (!object || !isOurs(object)) return;
    this.refreshStatus(intentOf(object));
  }

  private schedule(): void {
    if (this.scheduled || this.stopped) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (!this.stopped) this.flush();
    });
  }

  private flush(): void {
    const order = new Map(intentNames.map((name, index) => [name, index]));
    const rank = (intent: string): number => order.get(typeOf(intent)) ?? 0;
    const dirty = [...this.dirty].sort((a, b) => rank(a) - rank(b));
    this.dirty.clear();
    for (const intent of dirty) this.plan(intent);
    const stale = [...this.stale];
    this.stale.clear();
    for (const intent of stale) this.report(intent);
  }

  private plan(intent: string): void {
    const type = typeOf(intent);
    const name = nameOf(intent);
    const isReleased = type === 'Configuration';
    if (isReleased && this.releases.areHeld) return;
    const known = this.settings.book.get(type, name);
    if (!known) {
      this.plans.delete(intent);
      this.makerOf(type).forget(intent);
      if (isReleased) this.releases.forget(name);
      else this.settings.facts.delete('IntentStatus', intent);
      return;
    }
    const { version, value } = known;
    if (isReleased && (this.plans.get(intent)?.version ?? version) !== version)
      this.releases.drifts.forget(name);
    // One applier of the table for one type of intent: the pair is right by construction.
    const applier = this.appliers[type] as Applier<unknown>;
    let plan: Plan;
    try {
      plan = applier.plan(name, value, this.settings.view, version);
    } catch (error) {
      // One intent that nobody has thought of holds up no other.
      this.settings.log.error({ intent, err: error }, 'intent cannot be planned');
      plan = { objects: 'keep', refused: planFailed(error) };
    }
    this.plans.set(intent, { version, plan });
    this.makerOf(type).want(intent, plan.objects);
    this.stale.add(intent);
  }

  private report(intent: string): void {
    const type = typeOf(intent);
    const name = nameOf(intent);
    const known = this.settings.book.get(type, name);
    const planned = this.plans.get(intent);
    // Of what is gone, only how much is left matters.
    if (type === 'Configuration' && !planned) this.releases.reportSoon();
    if (!known || !planned || type === 'Release') return;
    const { plan, version } = planned;
    const applier = this.appliers[type] as Applier<unknown>;
    const maker = this.makerOf(type);
    const written = maker.state(intent);
    const live = (desired: Desired): KubeObject | undefined => maker.live(desired);
    let accepted: Acceptance = { state: 'unknown' };
    const { objects } = plan;
    if (objects !== 'keep' && !plan.waiting && !plan.refused && written.stored === 'yes') {
      try {
        accepted = applier.acceptance?.(objects, known.value, this.settings.view, live) ?? accepted;
      } catch (error) {
        this.settings.log.error({ intent, err: error }, 'acceptance cannot be told');
      }
    }
    if (type === 'Configuration') {
      this.releases.note(name, { version, ...standingOf(plan, written, accepted) });
      return;
    }
    this.settings.facts.set('IntentStatus', intent, statusFact(version, plan, written, accepted));
  }

  /** Who does something about the objects of a type of intent. */
  private makerOf(type: IntentName): Writer | Trials {
    return type === 'Trial' ? this.trials : this.writer;
  }
}

/** Plans of other types look at them: an import at the way into its network. */
const lookedAtByOthers: readonly IntentName[] = ['ClusterSettings', 'Peer', 'Import'];

function planFailed(error: unknown): Reason {
  return {
    reason: 'PlanFailed',
    message: `the agent cannot make objects of this: ${messageOf(error)}; please report it`,
  };
}

function isGateway(object: KubeObject | undefined): boolean {
  return object?.metadata.labels?.['topology.istio.io/network'] !== undefined;
}

function typeOf(intent: string): IntentName {
  return typeNameOf(intent) as IntentName;
}

function isIntentName(name: string): name is IntentName {
  return Object.hasOwn(Intents, name);
}
