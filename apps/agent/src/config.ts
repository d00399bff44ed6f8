import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { IsthmusError, messageOf } from '@isthmus/kernel';
import { z } from 'zod';
import { proxyFor, splitAddress } from './identity/proxy.js';

/** All settings of the agent, read once from the environment. */
export interface Config {
  /** `host:port` of the hub. */
  readonly hubAddress: string;
  /** One-use token; undefined when the identity is there already. */
  readonly joinToken: string | undefined;
  /** PEM to verify the hub with before it has said what to use; undefined: the system's roots. */
  readonly hubCa: string | undefined;
  /** Where the intents are kept for a start without the hub. */
  readonly dataDir: string;
  /** Namespace of the agent itself, where its Secrets are. */
  readonly namespace: string;
  readonly istioNamespace: string;
  /** Path of the token that istiod is asked with; undefined: it is asked for its metrics alone. */
  readonly istioTokenFile: string | undefined;
  /** As which it holds the Lease: of the Pod, so that a restarted container has its own. */
  readonly podName: string;
  /** Path; undefined: the Pod's service account. */
  readonly kubeconfig: string | undefined;
  /** The helm binary that Istio is installed with; a name is looked for in PATH. */
  readonly helm: string;
  /** Whether the chart gave it the right to change Istio, as the hub is told. */
  readonly managesIstio: boolean;
  /** The Deployment of the agent, whose image it may change, and where images are; undefined: it may not. */
  readonly selfUpgrade: { readonly deployment: string; readonly repository: string } | undefined;
  /** Port of /livez, /readyz and /metrics; 0 takes a free one. */
  readonly healthPort: number;
  readonly reconnectMs: { readonly min: number; readonly max: number };
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
}

/** What `clean` is asked for, beside what an agent is. */
export interface CleanWishes {
  /** Of the agent, in its namespace: it is ended first. */
  readonly deployment: string;
  /** For all of it, in ms. */
  readonly deadlineMs: number;
  /** Whether istiod's authority, the Secret `cacerts`, goes as well. */
  readonly takesAuthority: boolean;
  /** Whether it is done although the plane has the cluster for a member. */
  readonly evenIfMember: boolean;
}

const optional = z.string().trim().min(1).optional();
const duration = z.coerce.number().int().min(1).max(3_600_000);
const label = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a Kubernetes namespace');

const environment = z.object({
  ISTHMUS_HUB_ADDRESS: z
    .string({ error: 'is missing' })
    .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, 'must be host:port'),
  ISTHMUS_JOIN_TOKEN: optional,
  ISTHMUS_JOIN_TOKEN_FILE: optional,
  ISTHMUS_HUB_CA: optional,
  ISTHMUS_HUB_CA_FILE: optional,
  ISTHMUS_DATA_DIR: z.string().min(1).default('/var/lib/isthmus-agent'),
  ISTHMUS_NAMESPACE: label.default('isthmus-system'),
  ISTHMUS_ISTIO_NAMESPACE: label.default('istio-system'),
  ISTHMUS_ISTIO_TOKEN_FILE: optional,
  ISTHMUS_POD_NAME: z.string().min(1).max(253).default(hostname),
  ISTHMUS_KUBECONFIG: optional,
  ISTHMUS_HELM: z.string().min(1).default('helm'),
  ISTHMUS_MANAGE_ISTIO: z.enum(['true', 'false']).default('false'),
  ISTHMUS_DEPLOYMENT: z.string().trim().min(1).max(253).optional(),
  ISTHMUS_IMAGE_REPOSITORY: optional,
  ISTHMUS_HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  ISTHMUS_RECONNECT_MIN_MS: duration.default(500),
  ISTHMUS_RECONNECT_MAX_MS: duration.default(30_000),
  ISTHMUS_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
});

/**
 * @param env Such as process.env.
 * @throws INVALID_CONFIGURATION naming every variable that is wrong; no value of a secret.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const read = parse(environment, env);
  if (read.ISTHMUS_RECONNECT_MIN_MS > read.ISTHMUS_RECONNECT_MAX_MS) {
    throw new IsthmusError(
      'INVALID_CONFIGURATION',
      'ISTHMUS_RECONNECT_MIN_MS: must not be above ISTHMUS_RECONNECT_MAX_MS',
    );
  }
  // gRPC passes by what it cannot read, and would look for another way out.
  proxyFor(splitAddress(read.ISTHMUS_HUB_ADDRESS).host, env);
  const { ISTHMUS_DEPLOYMENT: deployment, ISTHMUS_IMAGE_REPOSITORY: repository } = read;
  if ((deployment === undefined) !== (repository === undefined)) {
    throw new IsthmusError(
      'INVALID_CONFIGURATION',
      'ISTHMUS_DEPLOYMENT, ISTHMUS_IMAGE_REPOSITORY: one needs the other',
    );
  }
  const hubCa = read.ISTHMUS_HUB_CA ?? contentOf('ISTHMUS_HUB_CA_FILE', read.ISTHMUS_HUB_CA_FILE);
  if (hubCa !== undefined && !hubCa.includes('-----BEGIN CERTIFICATE-----')) {
    throw new IsthmusError('INVALID_CONFIGURATION', 'ISTHMUS_HUB_CA: holds no PEM certificate');
  }
  return {
    hubAddress: read.ISTHMUS_HUB_ADDRESS,
    joinToken: read.ISTHMUS_JOIN_TOKEN ?? tokenIn(read.ISTHMUS_JOIN_TOKEN_FILE),
    hubCa,
    dataDir: read.ISTHMUS_DATA_DIR,
    namespace: read.ISTHMUS_NAMESPACE,
    istioNamespace: read.ISTHMUS_ISTIO_NAMESPACE,
    istioTokenFile: read.ISTHMUS_ISTIO_TOKEN_FILE,
    podName: read.ISTHMUS_POD_NAME,
    kubeconfig: read.ISTHMUS_KUBECONFIG,
    helm: read.ISTHMUS_HELM,
    managesIstio: read.ISTHMUS_MANAGE_ISTIO === 'true',
    selfUpgrade: deployment && repository ? { deployment, repository } : undefined,
    healthPort: read.ISTHMUS_HEALTH_PORT,
    reconnectMs: { min: read.ISTHMUS_RECONNECT_MIN_MS, max: read.ISTHMUS_RECONNECT_MAX_MS },
    logLevel: read.ISTHMUS_LOG_LEVEL,
  };
}

const cleanEnvironment = z.object({
  ISTHMUS_CLEAN_DEPLOYMENT: z.string().trim().min(1).max(253).default('isthmus-agent'),
  ISTHMUS_CLEAN_DEADLINE_SECONDS: z.coerce.number().int().min(1).max(3_600).default(240),
  ISTHMUS_CLEAN_AUTHORITY: z.enum(['true', 'false']).default('false'),
  ISTHMUS_CLEAN_MEMBER: z.enum(['true', 'false']).default('false'),
});

/** @throws INVALID_CONFIGURATION naming every variable that is wrong. */
export function loadCleanWishes(env: NodeJS.ProcessEnv): CleanWishes {
  const read = parse(cleanEnvironment, env);
  return {
    deployment: read.ISTHMUS_CLEAN_DEPLOYMENT,
    deadlineMs: read.ISTHMUS_CLEAN_DEADLINE_SECONDS * 1000,
    takesAuthority: read.ISTHMUS_CLEAN_AUTHORITY === 'true',
    evenIfMember: read.ISTHMUS_CLEAN_MEMBER === 'true',
  };
}

/** An empty variable counts as absent, as Helm leaves them. */
function parse<T>(schema: z.ZodType<T>, env: NodeJS.ProcessEnv): T {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new IsthmusError('INVALID_CONFIGURATION', problems.join('; '));
}

/** A token that was used may be deleted: a missing file is no token. */
function tokenIn(path: string | undefined): string | undefined {
  return path !== undefined && existsSync(path)
    ? contentOf('ISTHMUS_JOIN_TOKEN_FILE', path)
    : undefined;
}

function contentOf(variable: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (error) {
    throw new IsthmusError('INVALID_CONFIGURATION', `${variable}: ${messageOf(error)}`);
  }
}
