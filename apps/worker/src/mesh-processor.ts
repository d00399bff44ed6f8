import { FederationSweeper, tombstoneLifeMs } from '@isthmus/federation';
import { InjectLogger, type Logger, WorkerMetrics } from '@isthmus/platform';
import { DriftService, RolloutDriver } from '@isthmus/releases';
import { TrustService } from '@isthmus/trust';
import { AgentService, IstioService, UpgradeDriver } from '@isthmus/upgrades';
import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import type { Job } from 'bullmq';
import { type MeshJob, type MeshJobName, MeshQueue, meshQueue } from './mesh-queue.js';
import { recoveryOf } from './recovery.js';
import { UpgradeFlows } from './upgrade-flows.js';

const never = Number.POSITIVE_INFINITY;

/** As `@Processor`, once the configuration is known. @param lockMs as ISTHMUS_JOB_LOCK_MS. */
export function registerMeshProcessor(lockMs: number): typeof MeshProcessor {
  Processor(meshQueue, { concurrency: 4, ...recoveryOf(lockMs) })(MeshProcessor);
  return MeshProcessor;
}

/** Does the work. Every job is idempotent: it compares what is with what should be. */
export class MeshProcessor extends WorkerHost {
  private readonly handlers: Record<MeshJobName, (job: MeshJob) => Promise<void>> = {
    trust: async ({ organizationId, meshId }) => {
      const done = await this.trust.reconcile(organizationId, meshId);
      if (done.rootsCreated + done.signed > 0)
        this.logger.info({ meshId, ...done }, 'trust reconciled');
    },
    rollout: async (job) => {
      const again = await this.rollouts.advance(job.organizationId, job.meshId);
      if (again) await this.queue.lookLater('rollout', job, again);
    },
    upgrade: async (job) => {
      const flow = await this.upgrades.advance(job.organizationId, job.meshId);
      if (!flow) return;
      await this.flows.ensure(job, flow);
      const looks = await this.upgrades.advanceAll(job.organizationId, flow);
      const through = [...looks].flatMap(([id, { isThrough }]) => (isThrough ? [id] : []));
      await this.flows.end(job, flow, through);
      const again = Math.min(...[...looks.values()].map((look) => look.again?.getTime() ?? never));
      if (again < never) await this.queue.lookLater('upgrade', job, new Date(again));
    },
    channels: async ({ organizationId, meshId }) => {
      const planned = await this.istio.followChannels(organizationId, meshId);
      if (planned > 0) this.logger.info({ meshId }, 'an upgrade was planned by a channel');
    },
    agents: async ({ organizationId, meshId }) => {
      const told = await this.agents.follow(organizationId, meshId);
      if (told > 0) this.logger.info({ meshId, told }, 'agents were told of their next image');
    },
    drift: async ({ organizationId, meshId }) => {
      const release = await this.drift.adoptAll(organizationId, meshId);
      if (release) this.logger.info({ meshId, release: release.number }, 'drift adopted');
    },
    sweep: async ({ organizationId, meshId }) => {
      await this.sweeper.sweep(organizationId, meshId, new Date(Date.now() - tombstoneLifeMs));
    },
  };

  constructor(
    @Inject(TrustService) private readonly trust: TrustService,
    @Inject(FederationSweeper) private readonly sweeper: FederationSweeper,
    @Inject(RolloutDriver) private readonly rollouts: RolloutDriver,
    @Inject(UpgradeDriver) private readonly upgrades: UpgradeDriver,
    @Inject(UpgradeFlows) private readonly flows: UpgradeFlows,
    @Inject(IstioService) private readonly istio: IstioService,
    @Inject(AgentService) private readonly agents: AgentService,
    @Inject(DriftService) private readonly drift: DriftService,
    @Inject(MeshQueue) private readonly queue: MeshQueue,
    @InjectLogger() private readonly logger: Logger,
    @Inject(WorkerMetrics) private readonly metrics: WorkerMetrics,
  ) {
    super();
  }

  async process(job: Job<MeshJob, void, MeshJobName>): Promise<void> {
    const labels = { queue: meshQueue, task: job.name };
    // A later release may have kinds of work that this one does not know; its own workers do it.
    await this.metrics.run(labels, async () => this.handlers[job.name]?.(job.data));
  }

  @OnWorkerEvent('failed')
  failed(job: Job<MeshJob> | undefined, error: Error): void {
    this.logger.warn({ error, job: job?.name, meshId: job?.data.meshId }, 'job failed');
  }

  @OnWorkerEvent('error')
  broken(error: Error): void {
    this.logger.warn({ error }, 'the queue is out of reach');
  }
}
