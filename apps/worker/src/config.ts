import { platformConfig, port } from '@isthmus/platform';
import { z } from 'zod';

export const workerConfig = platformConfig.extend({
  ISTHMUS_JOB_LOCK_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(600_000)
    .default(10_000)
    .describe('How long a job stays with a worker that is not heard of; then another does it'),
  HEALTH_PORT: port
    .default(8081)
    .describe('Where /livez, /readyz and /metrics are served; not for the public'),
});
export type WorkerConfig = z.infer<typeof workerConfig>;
