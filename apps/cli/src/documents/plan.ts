import type {
  CreateExportPolicyInput,
  CreateMeshInput,
  CreateWebhookInput,
  ExportPolicyRowFragment,
  GrantHostInput,
  HostGrantRowFragment,
  LabelSelectorInput,
  MeshSettingsQuery,
  RegisterClusterInput,
  SetClusterChannelInput,
  UpdateClusterInput,
  UpdateConfigurationSettingsInput,
  UpdateExportPolicyInput,
  UpdateUpgradeSettingsInput,
  UpdateWebhookInput,
  UpgradeChannel,
  WebhookRowFragment,
} from '../api/generated/graphql.js';
import { usageError } from '../errors.js';
import { covers } from './covers.js';
import type { DocumentOf } from './document.js';
import type { SelectorSpec } from './specs.js';

/** A mutation, and what it is given. */
export type Change =
  | { readonly mutation: 'createMesh'; readonly input: CreateMeshInput }
  | { readonly mutation: 'registerCluster'; readonly input: RegisterClusterInput }
  | { readonly mutation: 'updateCluster'; readonly input: UpdateClusterInput }
  | { readonly mutation: 'setClusterChannel'; readonly input: SetClusterChannelInput }
  | { readonly mutation: 'createExportPolicy'; readonly input: CreateExportPolicyInput }
  | { readonly mutation: 'updateExportPolicy'; readonly input: UpdateExportPolicyInput }
  | { readonly mutation: 'grantHost'; readonly input: GrantHostInput }
  | {
      readonly mutation: 'updateConfigurationSettings';
      readonly input: UpdateConfigurationSettingsInput;
    }
  | { readonly mutation: 'updateUpgradeSettings'; readonly input: UpdateUpgradeSettingsInput }
  | { readonly mutation: 'createWebhook'; readonly input: CreateWebhookInput }
  | { readonly mutation: 'updateWebhook'; readonly input: UpdateWebhookInput };

export type Outcome = 'created' | 'configured' | 'unchanged';

/** What makes a thing as its document says; no changes where it is so. */
export interface Plan {
  readonly outcome: Outcome;
  readonly changes: readonly Change[];
}

const unchanged: Plan = { outcome: 'unchanged', changes: [] };

/** Stands for an id that a change before gives: of what is made together with it. */
export const madeBefore = '';

type Settings = NonNullable<MeshSettingsQuery['meshByName']>;

export function planMesh(
  { metadata: { name }, spec }: DocumentOf<'Mesh'>,
  mesh: Settings | undefined,
): Plan {
  const { trustDomain, driftPolicy } = spec;
  const settings = (meshId: string): Change[] =>
    driftPolicy === undefined || driftPolicy === mesh?.configuration.driftPolicy
      ? []
      : [{ mutation: 'updateConfigurationSettings', input: { meshId, driftPolicy } }];
  if (!mesh) {
    const input = { name, ...(trustDomain ? { trustDomain } : {}) };
    return {
      outcome: 'created',
      changes: [{ mutation: 'createMesh', input }, ...settings(madeBefore)],
    };
  }
  assertKept(`Mesh/${name}`, { trustDomain }, mesh);
  return configured(settings(mesh.id));
}

/** A cluster of the mesh, as far as a document speaks of it. */
export interface ClusterNow {
  readonly id: string;
  readonly network: string;
  readonly locality: string;
  readonly cidrs: readonly string[];
  readonly labels: readonly { readonly key: string; readonly value: string }[];
  /** Null where its agent has not told of Istio yet: then nobody knows the channel. */
  readonly channel: UpgradeChannel | null;
}

export function planCluster(
  { metadata: { name, labels }, spec }: DocumentOf<'Cluster'>,
  meshId: string,
  cluster: ClusterNow | undefined,
): Plan {
  const { network, locality, cidrs, channel } = spec;
  const wanted = Object.entries(labels ?? {}).map(([key, value]) => ({ key, value }));
  const channels = (clusterId: string): Change[] =>
    channel === undefined ? [] : [{ mutation: 'setClusterChannel', input: { clusterId, channel } }];
  if (!cluster) {
    const input = { meshId, name, network, locality, ...(cidrs ? { cidrs } : {}), labels: wanted };
    return {
      outcome: 'created',
      changes: [
        { mutation: 'registerCluster', input },
        ...(channel === null ? [] : channels(madeBefore)),
      ],
    };
  }
  const other = {
    ...(network !== cluster.network && { network }),
    ...(locality !== cluster.locality && { locality }),
    ...(cidrs && !covers(cluster.cidrs, cidrs) && { cidrs }),
    ...(labels && !isSameLabels(wanted, cluster.labels) && { labels: wanted }),
  };
  const changes: Change[] = [];
  if (Object.keys(other).length > 0) {
    changes.push({ mutation: 'updateCluster', input: { clusterId: cluster.id, ...other } });
  }
  if (channel !== cluster.channel) changes.push(...channels(cluster.id));
  return configured(changes);
}

function isSameLabels(a: ClusterNow['labels'], b: ClusterNow['labels']): boolean {
  const text = (labels: ClusterNow['labels']) =>
    labels
      .map(({ key, value }) => `${key}=${value}`)
      .sort()
      .join();
  return text(a) === text(b);
}

export function planExportPolicy(
  { metadata: { name }, spec }: DocumentOf<'ExportPolicy'>,
  meshId: string,
  policy: ExportPolicyRowFragment | undefined,
): Plan {
  const said = {
    name,
    namespaceSelector: toSelector(spec.namespaceSelector),
    serviceSelector: toSelector(spec.serviceSelector),
    ...(spec.everything === undefined ? {} : { everything: spec.everything }),
  };
  if (!policy) {
    return {
      outcome: 'created',
      changes: [{ mutation: 'createExportPolicy', input: { meshId, ...said } }],
    };
  }
  const isSame =
    selectorText(said.namespaceSelector) === selectorText(policy.namespaceSelector) &&
    selectorText(said.serviceSelector) === selectorText(policy.serviceSelector);
  if (isSame) return unchanged;
  return configured([{ mutation: 'updateExportPolicy', input: { id: policy.id, ...said } }]);
}

function toSelector({ matchLabels = {}, matchExpressions = [] }: SelectorSpec = {}) {
  return {
    matchLabels: Object.entries(matchLabels).map(([key, value]) => ({ key, value })),
    matchExpressions: matchExpressions.map(({ key, operator, values = [] }) => ({
      key,
      operator,
      values,
    })),
  } satisfies LabelSelectorInput;
}

/** Whatever order its requirements are in, which has no meaning. */
function selectorText({
  matchLabels,
  matchExpressions,
}: ExportPolicyRowFragment['serviceSelector']): string {
  return JSON.stringify([
    matchLabels.map(({ key, value }) => [key, value]).sort(),
    matchExpressions
      .map(({ key, operator, values }) => [key, operator, values.toSorted().join()])
      .sort(),
  ]);
}

/** @param clusterIds Of the clusters that the document names. */
export function planHostGrant(
  { metadata: { name: service, namespace = '' } }: DocumentOf<'HostGrant'>,
  meshId: string,
  clusterIds: readonly string[],
  grant: HostGrantRowFragment | undefined,
): Plan {
  const input = { meshId, namespace, service, clusterIds: [...clusterIds] };
  const changes = [{ mutation: 'grantHost', input }] as const;
  if (!grant) return { outcome: 'created', changes };
  const isSame = clusterIds.toSorted().join() === grant.clusterIds.toSorted().join();
  return isSame ? unchanged : configured(changes);
}

/** What the API takes for what a policy leaves unsaid. */
const unsaidGate = { soakSeconds: 60, timeoutSeconds: 600, maxRefusedPercent: 0 };

export function planRolloutPolicy(
  { spec: { waves, gate } }: DocumentOf<'RolloutPolicy'>,
  mesh: Settings,
): Plan {
  const wanted = { waves, gate: { ...unsaidGate, ...gate } };
  if (covers(mesh.configuration.rolloutPolicy, wanted)) return unchanged;
  const input = { meshId: mesh.id, rolloutPolicy: wanted };
  return configured([{ mutation: 'updateConfigurationSettings', input }]);
}

export function planUpgradeSettings({ spec }: DocumentOf<'UpgradeSettings'>, mesh: Settings): Plan {
  const { charts, ...rest } = spec;
  const { values, ...otherCharts } = charts ?? {};
  const now = mesh.upgradeSettings;
  const nowValues: unknown = JSON.parse(now.charts.values || '{}');
  const isSame =
    covers(now, { ...rest, charts: otherCharts }) &&
    (values === undefined || covers(nowValues, values, true));
  if (isSame) return unchanged;
  const said =
    values === undefined ? otherCharts : { ...otherCharts, values: JSON.stringify(values) };
  const input = { meshId: mesh.id, ...rest, ...(charts ? { charts: said } : {}) };
  return configured([{ mutation: 'updateUpgradeSettings', input }]);
}

/** @param meshId Of the mesh that the document names; undefined where it names none. */
export function planWebhook(
  { metadata: { name }, spec }: DocumentOf<'Webhook'>,
  meshId: string | undefined,
  webhook: WebhookRowFragment | undefined,
): Plan {
  const { url, types, enabled } = spec;
  if (!webhook) {
    const input = { name, url, ...(types && { types }), ...(meshId !== undefined && { meshId }) };
    const silenced: Change = {
      mutation: 'updateWebhook',
      input: { id: madeBefore, enabled: false },
    };
    return {
      outcome: 'created',
      changes: [{ mutation: 'createWebhook', input }, ...(enabled === false ? [silenced] : [])],
    };
  }
  if (meshId !== undefined && meshId !== webhook.mesh?.id) {
    const is = webhook.mesh?.name ?? 'all of them';
    throw usageError(
      `Webhook/${name}: mesh is ${is} and cannot be changed; delete it and make it anew`,
    );
  }
  const other = {
    ...(addressOf(url) !== addressOf(webhook.url) && { url }),
    ...(types && !covers(webhook.types, types) && { types }),
    ...(enabled !== undefined && enabled !== !webhook.disabledAt && { enabled }),
  };
  if (Object.keys(other).length === 0) return unchanged;
  return configured([{ mutation: 'updateWebhook', input: { id: webhook.id, ...other } }]);
}

/** As the API keeps it, which writes `https://a.example` with a slash at its end. */
function addressOf(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}

function configured(changes: readonly Change[]): Plan {
  return changes.length === 0 ? unchanged : { outcome: 'configured', changes };
}

/** @throws USAGE naming what cannot be changed any more. */
function assertKept(title: string, said: Readonly<Record<string, unknown>>, now: object): void {
  for (const [key, value] of Object.entries(said)) {
    const is = (now as Readonly<Record<string, unknown>>)[key];
    if (value === undefined || covers(is, value)) continue;
    throw usageError(
      `${title}: ${key} is ${JSON.stringify(is)} and cannot be changed; remove it and make it anew`,
    );
  }
}
