import { fileURLToPath } from 'node:url';
import { platformConfig, port } from '@isthmus/platform';
import { z } from 'zod';

export const apiConfig = platformConfig.extend({
  PORT: port.default(4000).describe('Where GraphQL, /docs, /livez and /readyz are served'),
  METRICS_PORT: port
    .default(8083)
    .describe('Where /metrics is served, beside /livez and /readyz; not for the public'),
  ISTHMUS_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .default('http://localhost:4000')
    .describe('Where people reach the API; cookies are Secure when it is https'),
  ISTHMUS_HUB_PUBLIC_ADDRESS: z
    .string()
    .regex(/^[^\s,]+:\d+$/, 'must be host:port')
    .describe('host:port at which agents reach the hub; goes into the Helm command'),
  ISTHMUS_AGENT_CHART: z
    .string()
    .default('./infra/helm/isthmus-agent')
    .describe("The agent's chart, as `helm install` takes it; goes into the Helm command"),
  ISTHMUS_AGENT_CHART_VERSION: z
    .string()
    .optional()
    .describe("Of the agent's chart, where that is not a folder; the newest unless said"),
  ISTHMUS_CONSOLE: z
    .string()
    .default(fileURLToPath(new URL('../../console/dist', import.meta.url)))
    .describe('Folder of the built console, which is served at /'),
  ISTHMUS_SESSION_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, 'must be 32 bytes or more')
    .describe('Secret of the sessions, 32 bytes or more, the same in every copy'),
  ISTHMUS_TRUSTED_PROXIES: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('How many proxies in front append to X-Forwarded-For'),
  ISTHMUS_COST_PER_SECOND: z.coerce
    .number()
    .min(1)
    .default(20_000)
    .describe(
      'Objects per second that one person (tokens included) or stranger may ask for in the long run',
    ),
});
export type ApiConfig = z.infer<typeof apiConfig>;

export const API_CONFIG = Symbol('ApiConfig');
