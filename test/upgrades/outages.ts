import { setTimeout as sleep } from 'node:timers/promises';
import type { Member, Service } from '@isthmus/local';
import pg from 'pg';
import type { Fleet } from './fleet.js';
import { type HelmRun, type HelmRuns, signal, standsStill } from './helm-runs.js';

/** A process that dies after a cluster has come to a stage. */
export interface Outage {
  readonly cluster: string;
  readonly stage: string;
  readonly victim: 'hub' | 'agent';
  /** So long after it, in ms. */
  readonly afterMs: number;
}

/** An agent that dies while its Helm runs. */
export interface HelmOutage {
  /** So long Helm has run by then, in ms; undefined: it stands still, before it has done anything. */
  readonly afterMs: number | undefined;
  /** So long after the agent's next life has begun Helm goes on, in ms; undefined: not by itself. */
  readonly onMs: number | undefined;
}

const restartMs = 90_000;

/** Has processes of a fleet die by SIGKILL, as an upgrade takes its steps, and live again. */
export class Outages {
  private planned: Outage[] = [];
  /** How many have been. */
  private count = 0;
  /** Of each process: until it has died as often as it was to. */
  private readonly dying = new Map<Service, Promise<void>>();

  private constructor(
    private readonly fleet: Fleet,
    private readonly listener: pg.Client,
  ) {}

  static async over(fleet: Fleet): Promise<Outages> {
    const listener = new pg.Client({ connectionString: fleet.world.platform.ownerUrl });
    await listener.connect();
    await listener.query(`
      CREATE FUNCTION tell_step() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_notify('step', concat(NEW.cluster_id, ' ', NEW.type)); RETURN NEW; END $$;
      CREATE TRIGGER steps AFTER INSERT ON upgrade_event
        FOR EACH ROW EXECUTE FUNCTION tell_step();
      LISTEN step`);
    const outages = new Outages(fleet, listener);
    listener.on('notification', ({ payload = '' }) => {
      const [id, type] = payload.split(' ');
      outages.strike(id ?? '', type ?? '');
    });
    return outages;
  }

  async close(): Promise<void> {
    await this.over();
    await this.listener.end();
  }

  plan(outages: readonly Outage[]): void {
    this.planned.push(...outages);
  }

  /** @returns how many have been so far, once every process is ready again. */
  async over(): Promise<number> {
    await Promise.all(this.dying.values());
    await Promise.all([...this.dying.keys()].map((service) => service.ready(restartMs)));
    return this.count;
  }

  /** @param plan For the next run of each command of Helm, `upgrade` and `uninstall`; others go on undisturbed. */
  async planHelm(
    { agent }: Member,
    runs: HelmRuns,
    plan: ReadonlyMap<string, HelmOutage>,
  ): Promise<void> {
    const left = new Map(plan);
    await runs.hold((run) => {
      const outage = left.get(run.command);
      left.delete(run.command);
      this.enqueue(agent, async () => {
        await standsStill(run);
        if (outage) await this.killBeside(agent, run, outage);
        else signal(run, 'SIGCONT');
      });
    });
  }

  private async killBeside(agent: Service, run: HelmRun, { afterMs, onMs }: HelmOutage) {
    if (afterMs !== undefined) {
      signal(run, 'SIGCONT');
      await sleep(afterMs);
      signal(run, 'SIGSTOP');
    }
    await agent.stop('SIGKILL');
    agent.spawn();
    if (onMs !== undefined) {
      await sleep(onMs);
      signal(run, 'SIGCONT');
    }
    this.count += 1;
  }

  private strike(clusterId: string, stage: string): void {
    const { members, world } = this.fleet;
    const member = members.find(({ id }) => id === clusterId);
    const isMeant = (it: Outage): boolean => it.cluster === member?.name && it.stage === stage;
    const [hub] = world.platform.hubs;
    for (const outage of this.planned.filter(isMeant)) {
      const service = outage.victim === 'hub' ? hub : member?.agent;
      if (!service) throw new Error(`there is no ${outage.victim}`);
      this.enqueue(service, async () => {
        await sleep(outage.afterMs);
        await service.stop('SIGKILL');
        service.spawn();
        this.count += 1;
      });
    }
    this.planned = this.planned.filter((it) => !isMeant(it));
  }

  /** One that falls while a process is dying already kills its successor, which may not be ready yet. */
  private enqueue(service: Service, work: () => Promise<void>): void {
    const last = this.dying.get(service) ?? Promise.resolve();
    this.dying.set(service, last.then(work));
  }
}
