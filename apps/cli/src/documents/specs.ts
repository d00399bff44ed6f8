import { z } from 'zod';

// What the documents of `apply` may say, in the words of the API's inputs. Ids are names here, and
// labels maps, as in Kubernetes.

const selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});
export type SelectorSpec = z.infer<typeof selector>;

const wave = z.strictObject({
  clusterSelector: z.string().optional(),
  percent: z.number().optional(),
  each: z.enum(['CLUSTER', 'NETWORK', 'REGION']).optional(),
});

/** The API's lists take a mesh's own document for what is of no other. */
const mesh = z.string().optional();
const count = z.number().int().min(0);
/** YAML has them as texts. */
const time = z.iso.datetime({ offset: true });

export const specs = {
  Mesh: z
    .strictObject({
      trustDomain: z.string().optional(),
      driftPolicy: z.enum(['ADOPT', 'REVERT', 'TOLERATE']).optional(),
    })
    .default({}),
  Cluster: z.strictObject({
    mesh,
    network: z.string(),
    locality: z.string(),
    cidrs: z.array(z.string()).optional(),
    channel: z.enum(['RAPID', 'REGULAR', 'STABLE']).nullable().optional(),
  }),
  ExportPolicy: z.strictObject({
    mesh,
    namespaceSelector: selector.optional(),
    serviceSelector: selector.optional(),
    everything: z.boolean().optional(),
  }),
  HostGrant: z
    .strictObject({
      mesh,
      /** Names; every cluster of the mesh unless said. */
      clusters: z.array(z.string()).default([]),
    })
    .default({ clusters: [] }),
  RolloutPolicy: z.strictObject({
    waves: z.array(wave),
    gate: z
      .strictObject({
        soakSeconds: count.optional(),
        timeoutSeconds: count.optional(),
        maxRefusedPercent: z.number().optional(),
      })
      .optional(),
  }),
  UpgradeSettings: z.strictObject({
    agent: z
      .strictObject({ version: z.string(), digest: z.string().optional() })
      .nullable()
      .optional(),
    charts: z
      .strictObject({
        repository: z.string().optional(),
        values: z.record(z.string(), z.unknown()).optional(),
        digests: z
          .array(z.strictObject({ chart: z.string(), version: z.string(), sha256: z.string() }))
          .optional(),
      })
      .optional(),
    freezes: z
      .array(
        z.strictObject({
          name: z.string(),
          clusterSelector: z.string().optional(),
          from: time,
          until: time,
        }),
      )
      .optional(),
    maxInFlight: count.optional(),
    policy: z
      .strictObject({
        canaryNamespaces: z.array(z.string()).optional(),
        graceSeconds: count.optional(),
        maxRestarting: count.optional(),
        soakSeconds: count.optional(),
        timeoutSeconds: count.optional(),
        waves: z.array(wave).optional(),
      })
      .optional(),
    requireApproval: z.boolean().optional(),
    windows: z
      .array(
        z.strictObject({
          name: z.string(),
          clusterSelector: z.string().optional(),
          days: z.array(
            z.enum(['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']),
          ),
          opens: z.string(),
          minutes: count,
          timeZone: z.string(),
        }),
      )
      .optional(),
  }),
  Webhook: z.strictObject({
    /** Events of this one alone; of all meshes unless said. */
    mesh,
    url: z.string(),
    types: z.array(z.string()).optional(),
    enabled: z.boolean().optional(),
  }),
} as const;

export type Kind = keyof typeof specs;
export type Specs = { readonly [Of in Kind]: z.infer<(typeof specs)[Of]> };

/** In the order in which they are made: what is referred to comes first. */
export const kindNames = [
  'Mesh',
  'Cluster',
  'ExportPolicy',
  'HostGrant',
  'RolloutPolicy',
  'UpgradeSettings',
  'Webhook',
] as const satisfies readonly Kind[];
