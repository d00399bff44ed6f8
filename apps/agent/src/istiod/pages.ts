import { z } from 'zod';

/** An object as istiod has read it. */
export type ListedObject = z.infer<typeof listed>;

const listed = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    namespace: z.string().default(''),
    resourceVersion: z.string().default(''),
    generation: z.number().default(0),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});

/** One proxy, as the istiod that it is connected to tells of it. */
export interface ProxyState {
  /** Unique among clusters. */
  readonly id: string;
  readonly name: string;
  /** By type of configuration. */
  readonly types: readonly Synced[];
}

export interface Synced {
  /** Whether it took what was sent last. */
  readonly isAcked: boolean;
  /** When that was sent, in ms since the epoch by istiod's clock; NaN if istiod does not say. */
  readonly sentAt: number;
  /** Why the proxy refused it, in its words. */
  readonly error: string;
}

const synced = z.object({
  sent: z.string().default(''),
  acked: z.string().default(''),
  sentTime: z.string().optional(),
  lastError: z.string().default(''),
});
const connected = z.object({
  cluster_id: z.string().default(''),
  proxy: z.string(),
  resources: z.record(z.string(), synced).nullish(),
  /** Of an older Istio, which does not say what a proxy refused. */
  cluster_sent: z.string().optional(),
});

/** @param text Of /debug/configz. @throws when it is something else. */
export function objectsIn(text: string): ListedObject[] {
  return z
    .array(listed)
    .nullable()
    .transform((objects) => objects ?? [])
    .parse(JSON.parse(text));
}

/** @param text Of /debug/syncz. @throws when it is something else. */
export function proxiesIn(text: string): ProxyState[] {
  const proxies = z.array(connected).nullable().parse(JSON.parse(text)) ?? [];
  return proxies.map(({ cluster_id, proxy, resources, cluster_sent }) => {
    if (!resources && cluster_sent !== undefined)
      throw new Error('this Istio is too old to tell what its proxies refused');
    return {
      id: `${cluster_id}/${proxy}`,
      name: proxy,
      types: Object.values(resources ?? {}).map(({ sent, acked, sentTime, lastError }) => ({
        isAcked: acked === sent,
        sentAt: Date.parse(sentTime ?? ''),
        error: lastError,
      })),
    };
  });
}

const counter = /^pilot_total_xds_rejects(?:\{([^}]*)\})? +(\S+)/gm;

/** How often proxies refused something, by its type. @param text Of /metrics. */
export function rejectsIn(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [, labels = '', value] of text.matchAll(counter)) {
    const type = /(?:^|,)type="([^"]*)"/.exec(labels)?.[1] ?? '';
    counts.set(type, (counts.get(type) ?? 0) + (Number(value) || 0));
  }
  return counts;
}
