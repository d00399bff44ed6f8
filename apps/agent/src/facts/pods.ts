import type { Logger } from 'pino';
import type { Kube } from '../kube/client.js';
import { Core, type Pod } from '../kube/kinds.js';

/** What an endpoint needs of the Pod behind it. Neither changes while the Pod lives. */
export interface KnownPod {
  readonly serviceAccount: string;
  /** Whether it has a sidecar, so that a gateway can pass connections on to it. */
  readonly inMesh: boolean;
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface PodReaderSettings {
  readonly kube: Kube;
  readonly log: Logger;
  /** All Pods that a service waited for have been tried, whatever came of it. */
  onRead(service: string): void;
}

/** Set by injection; to what lacks it Istio speaks plain text. */
const tlsModeLabel = 'security.istio.io/tlsMode';
const readsAtOnce = 8;
const retryMs = { first: 1_000, most: 60_000 };

/** Reads the Pods behind endpoints, each once in its life, a few at a time. */
export class PodReader {
  private readonly known = new Map<string, KnownPod>();
  /** Pods that are to be read, by UID, with the services that wait for them. */
  private readonly waiting = new Map<string, { pod: PodRef; services: Set<string> }>();
  /** How many Pods a service waits for. */
  private readonly missing = new Map<string, number>();
  private readonly failed = new Map<string, { attempts: number; until: number }>();
  private readonly queue: string[] = [];
  private readers = 0;
  private warnedAt = 0;
  private stopped = false;

  constructor(private readonly settings: PodReaderSettings) {}

  /** How many Pods are known. */
  get size(): number {
    return this.known.size;
  }

  get(uid: string): KnownPod | undefined {
    return this.known.get(uid);
  }

  /** Has Pods read, but for those that are known, under way, or failed a moment ago. */
  read(service: string, pods: readonly PodRef[]): void {
    for (const pod of pods) {
      const { uid } = pod;
      if (this.known.has(uid) || (this.failed.get(uid)?.until ?? 0) > Date.now()) continue;
      const waiting = this.waiting.get(uid);
      if (waiting?.services.has(service)) continue;
      this.missing.set(service, (this.missing.get(service) ?? 0) + 1);
      if (waiting) {
        waiting.services.add(service);
      } else {
        this.waiting.set(uid, { pod, services: new Set([service]) });
        this.queue.push(uid);
      }
    }
    while (this.readers < readsAtOnce && this.queue.length > 0) void this.readQueue();
  }

  /** Forgets all but these UIDs. */
  keepOnly(alive: ReadonlySet<string>): void {
    for (const known of [this.known, this.failed]) {
      for (const uid of known.keys()) if (!alive.has(uid)) known.delete(uid);
    }
  }

  /** What is being read is not waited for. */
  stop(): void {
    this.stopped = true;
  }

  private async readQueue(): Promise<void> {
    this.readers += 1;
    for (let uid = this.queue.shift(); uid && !this.stopped; uid = this.queue.shift()) {
      const { pod, services } = this.waiting.get(uid) ?? {};
      if (pod) await this.readOne(pod);
      this.waiting.delete(uid);
      for (const service of services ?? []) {
        const missing = (this.missing.get(service) ?? 0) - 1;
        if (missing > 0) {
          this.missing.set(service, missing);
        } else {
          this.missing.delete(service);
          if (!this.stopped) this.settings.onRead(service);
        }
      }
    }
    this.readers -= 1;
  }

  private async readOne({ namespace, name, uid }: PodRef): Promise<void> {
    const { kube, log } = this.settings;
    try {
      const pod = await kube.get<Pod>(Core.Pod, { namespace, name });
      // One that is gone, or has been replaced, leaves the slice in a moment.
      const own = pod?.metadata.uid === uid ? pod : undefined;
      this.known.set(uid, {
        serviceAccount: own?.spec?.serviceAccountName ?? 'default',
        inMesh: own?.metadata.labels?.[tlsModeLabel] === 'istio',
      });
      this.failed.delete(uid);
    } catch (error) {
      const now = Date.now();
      const attempts = (this.failed.get(uid)?.attempts ?? 0) + 1;
      const delay = Math.min(retryMs.first * 2 ** (attempts - 1), retryMs.most);
      this.failed.set(uid, { attempts, until: now + delay });
      // One line for all that fail at the time.
      if (this.stopped || now < this.warnedAt + retryMs.first) return;
      this.warnedAt = now;
      log.warn({ err: error, pod: `${namespace}/${name}` }, 'Pods could not be read');
    }
  }
}
