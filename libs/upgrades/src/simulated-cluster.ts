import { IstioFact, type IstioIntent, ReadinessFact } from '@isthmus/contracts';

interface SimulatedNamespace {
  follows: string;
  workloads: { revision: string; count: number };
  gateways: { revision: string; count: number };
}

/** A cluster with an agent that does at once what it is told, as far as a spec lets it. */
export class SimulatedCluster {
  readonly revisions = new Map<string, { version: string; ready: boolean; managed: boolean }>();
  readonly tags = new Map<string, string>();
  readonly namespaces = new Map<string, SimulatedNamespace>();
  /** Versions of which no istiod becomes ready. */
  readonly broken = new Set<string>();
  blockingBudgets: string[] = [];
  /** Every intent that it acted on. */
  readonly acted: IstioIntent[] = [];
  private fence = 0;
  private request = '';

  constructor(version = '1.30.0', revision = '1-30-0') {
    this.revisions.set(revision, { version, ready: true, managed: true });
    this.tags.set('prod', revision);
    this.namespace('shop', 'prod', revision, 3);
    this.namespace('web', 'prod', revision, 2, 1);
  }

  namespace(
    name: string,
    follows: string,
    revision: string,
    workloads: number,
    gateways = 0,
  ): void {
    this.namespaces.set(name, {
      follows,
      workloads: { revision, count: workloads },
      gateways: { revision, count: gateways },
    });
  }

  /** @returns whether there was anything to do. */
  obey(intent: IstioIntent): boolean {
    if (intent.fence <= this.fence) return false;
    this.fence = intent.fence;
    this.request = intent.readinessRequest;
    this.acted.push(intent);
    for (const { name, version, wanted } of intent.revisions) {
      if (wanted === 'remove') continue;
      this.revisions.set(name, { version, ready: !this.broken.has(version), managed: true });
    }
    for (const { name, revision } of intent.tags) this.tags.set(name, revision);
    for (const { name, follows, moveWorkloads, moveGateways } of intent.namespaces) {
      const namespace = this.namespaces.get(name);
      if (!namespace) continue;
      namespace.follows = follows;
      const revision = this.resolve(follows);
      if (moveWorkloads) namespace.workloads.revision = revision;
      if (moveGateways) namespace.gateways.revision = revision;
    }
    for (const { name, wanted } of intent.revisions) {
      if (wanted === 'remove' && this.proxiesOf(name) === 0) this.revisions.delete(name);
    }
    return true;
  }

  /** The revision that each namespace's proxies are of, workloads and gateways. */
  get standing(): Record<string, string> {
    return Object.fromEntries(
      [...this.namespaces].map(([name, { follows, workloads, gateways }]) => [
        name,
        [follows, workloads.revision, ...(gateways.count > 0 ? [gateways.revision] : [])].join(' '),
      ]),
    );
  }

  fact(): IstioFact {
    const wanted = this.acted.at(-1)?.revisions ?? [];
    const isSettled = wanted.every((of) =>
      of.wanted === 'remove' ? !this.revisions.has(of.name) : this.revisions.get(of.name)?.ready,
    );
    return IstioFact.fromPartial({
      fence: this.fence,
      revisions: [...this.revisions].map(([name, { version, ready, managed }]) => ({
        name,
        version,
        installedBy: 'isthmus',
        replicas: 1,
        ready: Number(ready),
        proxies: this.proxiesOf(name),
        injects: ready,
        managed,
      })),
      tags: [...this.tags].map(([name, revision]) => ({ name, revision, managed: true })),
      namespaces: [...this.namespaces].map(([name, { follows, workloads, gateways }]) => ({
        name,
        follows,
        proxies: workloads.count + gateways.count,
        gateways: gateways.count,
        revisions: countsOf(workloads, gateways).map((count) => ({
          ...count,
          version: this.revisions.get(count.revision)?.version ?? '',
        })),
      })),
      settled: isSettled,
    });
  }

  readiness(): ReadinessFact {
    return ReadinessFact.fromPartial({
      request: this.request,
      nodes: 3,
      freeCpuMilli: 4_000,
      freeMemoryBytes: 8 * 2 ** 30,
      istiodCpuMilli: 500,
      istiodMemoryBytes: 2 ** 31,
      blockingBudgets: this.blockingBudgets,
    });
  }

  private resolve(follows: string): string {
    return this.tags.get(follows === 'injection' ? 'default' : follows) ?? follows;
  }

  private proxiesOf(revision: string): number {
    let count = 0;
    for (const { workloads, gateways } of this.namespaces.values()) {
      for (const each of [workloads, gateways]) if (each.revision === revision) count += each.count;
    }
    return count;
  }
}

function countsOf(
  workloads: SimulatedNamespace['workloads'],
  gateways: SimulatedNamespace['gateways'],
) {
  const revisions = new Set(
    [workloads, gateways].flatMap(({ revision, count }) => (count > 0 ? [revision] : [])),
  );
  return [...revisions].map((revision) => ({
    revision,
    workloads: workloads.revision === revision ? workloads.count : 0,
    gateways: gateways.revision === revision ? gateways.count : 0,
  }));
}
