import { readFileSync } from 'node:fs';
import { IsthmusError } from '@isthmus/kernel';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from './database/database.js';
import type { Doorbell } from './doorbell.js';

/** One value, or one for each of several labels. */
export type Reading<Label extends string> =
  | number
  | undefined
  | readonly (readonly [labels: Record<Label, string>, value: number])[];

/** A metric that is read as somebody asks for it, and costs nothing in between. */
export interface Readable<Label extends string> {
  /** From now on it is what this answers; undefined where there is nothing to tell. */
  readFrom(read: () => Reading<Label> | Promise<Reading<Label>>): void;
}

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

/** From what a query takes to what a deadline cuts off, in seconds. */
const durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * What a service measures. Every metric is declared in this file, with a name, its unit and labels that
 * have few values: none ever names a tenant, nor anything of one; nor is one called as those that Prometheus adds. docs/operations/monitoring.md has them all.
 */
export class ServiceMetrics {
  readonly registry = new Registry();
  private answering: Promise<string> | undefined;
  private hasProcess = false;

  private readonly build = this.read(
    'isthmus_build_info',
    'What runs: api, hub or worker, of which release, on which Node; always 1',
    ['program', 'version', 'node'],
  );
  private readonly connections = this.read(
    'isthmus_postgres_connections',
    'Connections to Postgres in the pool of this process, by state: used, idle',
    ['state'],
  );
  private readonly connectionsMax = this.read(
    'isthmus_postgres_connections_max',
    'Connections that the pool of this process has at most',
  );
  private readonly connectionsAwaited = this.read(
    'isthmus_postgres_connections_awaited',
    'Transactions of this process that wait for a connection of the pool',
  );
  private readonly listening = this.read(
    'isthmus_doorbell_listening',
    "Whether this process listens to Postgres's notifications: 1, or 0 while it only polls",
  );
  private readonly polled = this.read(
    'isthmus_doorbell_poll_timestamp_seconds',
    'When this process last polled for changes with success, in seconds since 1970',
  );
  private readonly rings = this.count(
    'isthmus_doorbell_rings_total',
    'Changes of meshes that this process was told of, by what came first: notification, poll',
    ['source'],
  );

  constructor(program: 'api' | 'hub' | 'worker') {
    const labels = { program, version, node: process.version };
    this.build.readFrom(() => [[labels, 1]]);
  }

  /** Has the database and the doorbell of this process among what is told. */
  watch(database: Database, doorbell: Doorbell): void {
    this.connections.readFrom(() => {
      const { used, idle } = database.pooled;
      return [
        [{ state: 'used' }, used],
        [{ state: 'idle' }, idle],
      ];
    });
    this.connectionsMax.readFrom(() => database.pooled.most);
    this.connectionsAwaited.readFrom(() => database.pooled.awaited);
    // A process that watches no mesh has not started it, and is nobody's alarm.
    this.listening.readFrom(() => doorbell.state && Number(doorbell.state.isListening));
    this.polled.readFrom(() => doorbell.state && doorbell.state.polledAt.getTime() / 1000);
    for (const source of ['notification', 'poll'] as const) this.rings.inc({ source }, 0);
    doorbell.onRing((source) => this.rings.inc({ source }));
  }

  /** All of it in Prometheus's text format. Who asks meanwhile is given the same answer. */
  async text(): Promise<string> {
    if (!this.hasProcess) {
      this.hasProcess = true;
      collectDefaultMetrics({ register: this.registry });
    }
    this.answering ??= this.registry.metrics().finally(() => {
      this.answering = undefined;
    });
    return this.answering;
  }

  protected count<Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  protected time<Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
    buckets: number[] = durations,
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  protected read<Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Readable<Label> {
    let read: () => Reading<Label> | Promise<Reading<Label>> = () => undefined;
    new Gauge<Label>({
      name,
      help,
      labelNames,
      registers: [this.registry],
      async collect() {
        // What cannot be read is left out: the rest is wanted all the more.
        const reading = await Promise.resolve()
          .then(read)
          .catch(() => undefined);
        this.reset();
        // prom-client has a 0 then for what has no labels, which would be told where nothing is known.
        if (labelNames.length === 0) this.remove();
        if (typeof reading === 'number') this.set(reading);
        else for (const [labels, value] of reading ?? []) this.set(labels, value);
      },
    });
    return {
      readFrom(other) {
        read = other;
      },
    };
  }
}

/** What the api measures. */
export class ApiMetrics extends ServiceMetrics {
  readonly requests = this.count(
    'isthmus_api_requests_total',
    'Operations of GraphQL that were answered, by kind (query, mutation, subscription, none where it could not be read) and by what came of it (ok, or the class of the first error)',
    ['operation', 'outcome'],
  );
  readonly requestDuration = this.time(
    'isthmus_api_request_duration_seconds',
    'Time from a query or mutation that was read to its answer, in seconds',
    ['operation'],
  );
  readonly refusals = this.count(
    'isthmus_api_refusals_total',
    'Requests and connections that a limit refused, by code',
    ['code'],
  );
  readonly sockets = this.read(
    'isthmus_api_sockets',
    'WebSockets that are open: consoles, and whoever else subscribes',
  );
  readonly subscriptions = this.read(
    'isthmus_api_subscriptions',
    'Subscriptions that are open, over all WebSockets',
  );

  constructor() {
    super('api');
  }
}

/** What a hub measures. */
export class HubMetrics extends ServiceMetrics {
  readonly agents = this.read(
    'isthmus_hub_agents',
    'Clusters whose agent is connected to this hub',
  );
  readonly streams = this.read(
    'isthmus_hub_streams',
    'Streams of agents that are open, by direction: facts, intents',
    ['direction'],
  );
  readonly connects = this.count(
    'isthmus_hub_connects_total',
    'Streams that agents asked for, by direction and by code: OK, or that of the refusal',
    ['direction', 'code'],
  );
  readonly departures = this.count(
    'isthmus_hub_departures_total',
    'Streams that ended, by code: OK where the agent just went, or why the hub ended it',
    ['code'],
  );
  readonly identities = this.count(
    'isthmus_hub_identities_total',
    'Certificates that agents asked for, by way (enrol, renew) and by code: OK, or that of the refusal',
    ['way', 'code'],
  );
  readonly locks = this.count(
    'isthmus_hub_locks_total',
    'Clusters that this hub locked since two agents held their identity',
  );
  readonly facts = this.count(
    'isthmus_hub_facts_total',
    'Facts that agents reported, by what became of them: stored, withdrawn, refused',
    ['outcome'],
  );
  readonly factStoreDuration = this.time(
    'isthmus_hub_fact_store_duration_seconds',
    'Time to store a message of facts, in seconds, by outcome: stored, failed',
    ['outcome'],
  );
  readonly resources = this.count(
    'isthmus_hub_resources_sent_total',
    'Intents that were sent to agents, removals included, by type',
    ['type'],
  );
  readonly bytes = this.count(
    'isthmus_hub_sent_bytes_total',
    'Bytes of intents that were sent to agents, before TLS, by type',
    ['type'],
  );
  readonly refused = this.count(
    'isthmus_hub_resources_refused_total',
    'Intents that agents refused, by type',
    ['type'],
  );
  readonly held = this.read(
    'isthmus_hub_removals_held',
    'Removals that the mass-delete guard holds back at this moment, over all agents of this hub',
  );
  readonly changeToSent = this.time(
    'isthmus_hub_change_to_sent_seconds',
    'Time from an intent that changes in a hub to its being sent to an agent that was connected by then, in seconds',
  );
  readonly refreshDuration = this.time(
    'isthmus_hub_refresh_duration_seconds',
    "Time from the doorbell to the mesh's intents being up to date, in seconds, by outcome: done, failed, gone",
    ['outcome'],
  );
  readonly meshes = this.read(
    'isthmus_hub_meshes',
    'Meshes that this hub holds, by state: current, behind (what is sent is the last that was known)',
    ['state'],
  );
  readonly authorityExpiry = this.read(
    'isthmus_hub_authority_expiry_timestamp_seconds',
    "When the certificate of the platform's own authority ends, in seconds since 1970",
  );
  readonly certificateExpiry = this.read(
    'isthmus_hub_certificate_expiry_timestamp_seconds',
    'When the certificate that this hub shows to agents ends, in seconds since 1970',
  );

  constructor() {
    super('hub');
  }

  /** Waits for an attempt, and has it counted by its code: OK, or that of what it throws. */
  async attempt<T>(work: Promise<T>, count: (code: string) => void): Promise<T> {
    try {
      const result = await work;
      count('OK');
      return result;
    } catch (error) {
      count(error instanceof IsthmusError ? error.code : 'INTERNAL');
      throw error;
    }
  }
}

/** What a worker measures. What it tells of queues is the same in every copy. */
export class WorkerMetrics extends ServiceMetrics {
  readonly jobs = this.count(
    'isthmus_worker_jobs_total',
    'Jobs that this worker ran, by queue, task and outcome: done, failed, later (it gave its place to another one)',
    ['queue', 'task', 'outcome'],
  );
  readonly jobDuration = this.time(
    'isthmus_worker_job_duration_seconds',
    'Time that jobs took, in seconds, by queue and task',
    ['queue', 'task'],
  );
  readonly queued = this.read(
    'isthmus_worker_queue_jobs',
    'Jobs in the queue, by state: waiting, active, delayed, failed (the last 1,000 of those are kept)',
    ['queue', 'state'],
  );
  readonly head = this.read(
    'isthmus_worker_queue_head_seconds',
    'For how long this worker has seen the same job first in the queue, in seconds: 0 where none waits, and where jobs are taken',
    ['queue'],
  );
  readonly fills = this.count(
    'isthmus_worker_queue_fills_total',
    'Times that the queue was filled from Postgres, by outcome: done, failed',
    ['outcome'],
  );
  readonly meshes = this.read(
    'isthmus_worker_meshes',
    'Meshes of all organizations, as of when the queue was last filled',
  );

  constructor() {
    super('worker');
  }

  /** Runs a job, and takes its time. @param isLater whether what it throws only says that it goes on later. */
  async run<T>(
    labels: { readonly queue: string; readonly task: string },
    work: () => Promise<T>,
    isLater: (error: unknown) => boolean = () => false,
  ): Promise<T> {
    const end = this.jobDuration.startTimer(labels);
    let outcome = 'done';
    try {
      return await work();
    } catch (error) {
      outcome = isLater(error) ? 'later' : 'failed';
      throw error;
    } finally {
      end();
      this.jobs.inc({ ...labels, outcome });
    }
  }
}

/** The class of a service's own metrics. */
export const metricsOf = { api: ApiMetrics, hub: HubMetrics, worker: WorkerMetrics } as const;
