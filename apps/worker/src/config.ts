import { platformConfig, port } from '@isthmus/platform';
import type { z } from 'zod';

export const workerConfig = platformConfig.extend({
  HEALTH_PORT: port.default(8081).describe('Where /livez and /readyz are served'),
});
export type WorkerConfig = z.infer<typeof workerConfig>;
