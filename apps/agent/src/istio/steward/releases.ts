import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { parse } from 'yaml';
import type { Kube } from '../../kube/client.js';
import { Core, type KubeObject, type Secret } from '../../kube/kinds.js';
import { TaskError } from './problem.js';

/** The last version of a Helm release, as Helm keeps it. */
export interface Release {
  readonly namespace: string;
  readonly name: string;
  readonly version: number;
  /** Such as `deployed`, `failed` or `pending-upgrade`. */
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly secret: Secret;
}

/** Whoever has one under way for longer than this is not alive any more, in ms. */
const deadMs = 600_000;

/** Helm's records of releases: what Helm itself does not let one do without it, or with it. */
export class Releases {
  constructor(private readonly kube: Kube) {}

  async last(namespace: string, name: string): Promise<Release | undefined> {
    const labelSelector = `owner=helm,name=${name}`;
    const { items } = await this.kube.list<Secret>(Core.Secret, { namespace, labelSelector });
    const releases = items.map((secret): Release => {
      const { labels = {} } = secret.metadata;
      const version = Number(labels.version);
      return { namespace, name, version, status: labels.status ?? '', labels, secret };
    });
    return releases.sort((a, b) => a.version - b.version).at(-1);
  }

  /**
   * Takes away the record of a run that did not come to its end, so that Helm can run again: it
   * refuses for ever otherwise. What the run wrote stays, and is found by the next one.
   * @param isOurs Whether nobody but we can have begun it: else it is given time.
   * @throws TaskError `HelmBusy` while somebody else may be at it.
   */
  async mend(release: Release, isOurs: boolean, now = Date.now()): Promise<boolean> {
    const { namespace, name, status, secret } = release;
    if (!status.startsWith('pending-')) return false;
    const begun = Date.parse(secret.metadata.creationTimestamp ?? '');
    if (!isOurs && now - begun < deadMs) {
      throw new TaskError(
        'HelmBusy',
        `somebody is at the release ${namespace}/${name}: it is ${status}; it is taken for dead ${deadMs / 60_000} minutes after it began`,
        true,
      );
    }
    await this.kube.delete(Core.Secret, secret);
    return true;
  }

  /**
   * Lets a release forget some of its objects, so that uninstalling it leaves them. Helm goes by what
   * it wrote once, whoever has the object now.
   */
  async forget(release: Release, isForgotten: (object: KubeObject) => boolean): Promise<boolean> {
    const { secret } = release;
    const text = secret.data?.release;
    if (text === undefined) return false;
    const record = JSON.parse((await unpacked(text)).toString()) as { manifest: string };
    const kept = documentsOf(record.manifest).filter((document) => {
      const object = objectOf(document);
      return !object || !isForgotten(object);
    });
    const manifest = kept.map((document) => `---\n${document}\n`).join('');
    if (kept.length === documentsOf(record.manifest).length) return false;
    const { namespace, name, resourceVersion } = secret.metadata;
    const packed = await packed64(JSON.stringify({ ...record, manifest }));
    await this.kube.patch(
      Core.Secret,
      { namespace, name },
      { metadata: { resourceVersion }, data: { release: packed } },
    );
    return true;
  }
}

/** As Helm writes them: each begins with a line of three dashes. */
export function documentsOf(manifest: string): string[] {
  return manifest
    .split(/^---[ \t]*$/m)
    .map((document) => document.trim())
    .filter((document) => document !== '');
}

/** The object of a document; undefined for one that has none, such as a comment. */
export function objectOf(document: string): KubeObject | undefined {
  const object = parse(document) as KubeObject | null;
  return object?.kind && object.metadata ? object : undefined;
}

/** Secrets are base64 by themselves; Helm's content is once more. */
async function unpacked(data: string): Promise<Buffer> {
  const inner = Buffer.from(Buffer.from(data, 'base64').toString(), 'base64');
  return await promisify(gunzip)(inner);
}

async function packed64(text: string): Promise<string> {
  const inner = (await promisify(gzip)(Buffer.from(text))).toString('base64');
  return Buffer.from(inner).toString('base64');
}
