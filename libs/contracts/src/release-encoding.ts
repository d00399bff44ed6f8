import { createHash } from 'node:crypto';

/** The part of an object that a release holds: `ConfigurationIntent.manifest`, decoded. */
export interface Manifest {
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly spec?: object | undefined;
}

/**
 * The bytes of a manifest: the same for the same content, whoever encodes it. Plane and agents
 * compare them.
 */
export function encodeManifest({ annotations = {}, labels = {}, spec }: Manifest): Buffer {
  const manifest = {
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    spec,
  };
  return Buffer.from(JSON.stringify(sortKeys(manifest)));
}

/** JSON with the keys of all its maps in order. */
export function sortKeys<T>(value: T): T {
  return sorted(value) as T;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/**
 * `ReleaseIntent.digest`.
 *
 * @param objects Name and version of every ConfigurationIntent, sorted by name.
 */
export function releaseDigest(
  objects: Iterable<readonly [string, { readonly version: string }]>,
): string {
  const hash = createHash('sha256');
  for (const [name, { version }] of objects) hash.update(`${name} ${version}\n`);
  return hash.digest('hex');
}
