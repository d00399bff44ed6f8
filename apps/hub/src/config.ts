import { platformConfig, port } from '@isthmus/platform';
import { z } from 'zod';

export const hubConfig = platformConfig.extend({
  PORT: port.default(8443).describe('Where agents dial in; gRPC over TLS'),
  HEALTH_PORT: port
    .default(8082)
    .describe('Where /livez, /readyz and /metrics are served; not for the public'),
  ISTHMUS_HUB_NAMES: z
    .string()
    .default('localhost,127.0.0.1')
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    )
    .describe('Names and addresses in the certificate of the hub, separated by commas'),
});
export type HubConfig = z.infer<typeof hubConfig>;

export const HUB_CONFIG = Symbol('HubConfig');
