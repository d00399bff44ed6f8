import { randomBytes } from 'node:crypto';

/** Prefix of each kind of id. An id says what it is of: `cluster_0198f0c2…`. */
export const idKinds = {
  organization: 'org',
  mesh: 'mesh',
  cluster: 'cluster',
  joinToken: 'jointoken',
  apiToken: 'apitoken',
  exportPolicy: 'exportpolicy',
  hostGrant: 'hostgrant',
  meshRoot: 'root',
  signingCertificate: 'signingcert',
  release: 'release',
  rollout: 'rollout',
  upgrade: 'upgrade',
  upgradeEvent: 'upgradeevent',
  event: 'event',
  webhook: 'webhook',
  webhookDelivery: 'webhookdelivery',
} as const;

export type IdKind = keyof typeof idKinds;

const kindByPrefix = new Map(
  Object.entries(idKinds).map(([kind, prefix]) => [prefix as string, kind as IdKind]),
);
const pattern = /^([a-z]+)_([0-9a-f]{32})$/;

/** A new id: the kind's prefix and a UUIDv7, so that ids of one kind sort by creation. */
export function newId(kind: IdKind, now = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return `${idKinds[kind]}_${bytes.toString('hex')}`;
}

/** The kind that an id claims to be of; undefined if it is no id. */
export function idKindOf(id: string): IdKind | undefined {
  const match = pattern.exec(id);
  return match ? kindByPrefix.get(match[1] as string) : undefined;
}

export function isId(kind: IdKind, value: unknown): value is string {
  return typeof value === 'string' && idKindOf(value) === kind;
}
