import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ChartSource } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import { parse } from 'yaml';
import { replaceDurably } from '../../intents/disk.js';
import { type Helm, HelmError } from './helm.js';
import { TaskError } from './problem.js';

/** A chart that Helm can be given. */
export interface Chart {
  /** Of an archive or a folder. */
  readonly path: string;
  /** SHA-256, hex, of the archive; empty for a folder. */
  readonly digest: string;
}

const mostArchives = 20;
const mostBytes = 32 * 1024 * 1024;
const sha256 = /^[0-9a-f]{64}$/;

/**
 * Charts from a folder, an https:// or an oci:// repository. Archives are kept by their digest, so
 * that what was read once is there when the repository is not.
 */
export class ChartStore {
  /** @param folder Where archives are kept. */
  constructor(
    private readonly helm: Helm,
    private readonly folder: string,
  ) {}

  /** @throws TaskError `ChartDigestMismatch`, `ChartNotFound`, `ChartUnavailable`, `RepositoryInvalid`, `ChartNotPinned`. */
  async chart(source: ChartSource | undefined, name: string, version: string): Promise<Chart> {
    const repository = source?.repository ?? '';
    const pinned = source?.digests[name]?.toLowerCase();
    if (pinned !== undefined && !sha256.test(pinned)) {
      throw new TaskError('RepositoryInvalid', `the digest of ${name} is not a SHA-256 in hex`);
    }
    const kept = await this.kept(pinned ?? (await this.known(repository, name, version)));
    if (kept) return kept;
    const folder = folderOf(repository);
    const chart = folder
      ? await this.fromFolder(folder, name, version, pinned)
      : await this.pulled(repository, name, version, pinned);
    if (pinned !== undefined && chart.digest !== pinned) {
      const where = `${name}-${version} of ${repository}`;
      throw new TaskError(
        'ChartDigestMismatch',
        `${where} has SHA-256 ${chart.digest}, and is to have ${pinned}; compare the archive with the one that was pinned`,
      );
    }
    await this.assertIs(chart, name, version);
    return chart;
  }

  /** A file may be called anything. */
  private async assertIs({ path }: Chart, name: string, version: string): Promise<void> {
    const text = await this.helm.run(['show', 'chart', path]);
    const chart = parse(text) as { name?: string; version?: string };
    if (chart.name === name && chart.version === version) return;
    const there = `${chart.name}-${chart.version}`;
    throw new TaskError('ChartNotFound', `what is called ${name}-${version} is ${there} by itself`);
  }

  private async fromFolder(
    folder: string,
    name: string,
    version: string,
    pinned: string | undefined,
  ): Promise<Chart> {
    const archive = `${name}-${version}.tgz`;
    for (const path of [join(folder, archive), join(folder, version, archive)]) {
      if (await isFile(path)) return await this.keep(path, pinned);
    }
    for (const path of [join(folder, version, name), join(folder, name)]) {
      if ((await versionIn(path)) !== version) continue;
      if (pinned === undefined) return { path, digest: '' };
      throw new TaskError(
        'ChartDigestMismatch',
        `${path} is a folder, of which there is no digest; put ${archive} into ${folder}`,
      );
    }
    throw new TaskError(
      'ChartNotFound',
      `${folder} has neither ${archive} nor a folder ${name} or ${version}/${name} with that version`,
    );
  }

  private async pulled(
    repository: string,
    name: string,
    version: string,
    pinned: string | undefined,
  ): Promise<Chart> {
    const from = pullArguments(repository, name, pinned !== undefined);
    const aside = join(this.folder, `pull-${randomUUID()}`);
    await mkdir(aside, { recursive: true });
    try {
      await this.helm.run(['pull', ...from, '--version', version, '--destination', aside]);
      const archive = (await readdir(aside)).find((file) => file.endsWith('.tgz'));
      if (!archive) throw new TaskError('ChartNotFound', `helm pull brought no ${name}-${version}`);
      const chart = await this.keep(join(aside, archive), pinned);
      await this.remember(repository, name, version, chart.digest);
      return chart;
    } catch (error) {
      if (!(error instanceof HelmError)) throw error;
      const message = `${name}-${version} of ${repository}: ${error.message}`;
      if (/not found|no chart version|404|manifest unknown/i.test(error.message)) {
        throw new TaskError('ChartNotFound', message);
      }
      throw new TaskError('ChartUnavailable', message, true);
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }

  /** Copied first and read then: what was checked is what is used. One that is not as pinned is not kept. */
  private async keep(archive: string, pinned: string | undefined): Promise<Chart> {
    const { size } = await stat(archive);
    if (size > mostBytes) {
      throw new TaskError('ChartTooLarge', `${archive} has ${size} bytes, over ${mostBytes}`);
    }
    await mkdir(this.folder, { recursive: true });
    const aside = join(this.folder, `${randomUUID()}.tmp`);
    try {
      await copyFile(archive, aside);
      const digest = await digestOf(aside);
      const path = this.pathOf(digest);
      if (pinned === undefined || digest === pinned) await rename(aside, path);
      await this.prune();
      return { path, digest };
    } finally {
      await rm(aside, { force: true });
    }
  }

  private async kept(digest: string | undefined): Promise<Chart | undefined> {
    if (digest === undefined) return undefined;
    const path = this.pathOf(digest);
    if (!(await isFile(path)) || (await digestOf(path)) !== digest) return undefined;
    const now = new Date();
    await utimes(path, now, now);
    return { path, digest };
  }

  /** The archive that a repository had: a released version does not change. Folders are looked at again. */
  private async known(
    repository: string,
    name: string,
    version: string,
  ): Promise<string | undefined> {
    if (folderOf(repository)) return undefined;
    const note = this.noteOf(repository, name, version);
    const digest = await readFile(note, 'utf8').catch(() => '');
    return sha256.test(digest) ? digest : undefined;
  }

  private async remember(
    repository: string,
    name: string,
    version: string,
    digest: string,
  ): Promise<void> {
    await replaceDurably(this.noteOf(repository, name, version), Buffer.from(digest));
  }

  private async prune(): Promise<void> {
    const files = (await readdir(this.folder)).filter((file) => file.endsWith('.tgz'));
    if (files.length <= mostArchives) return;
    const aged = await Promise.all(
      files.map(async (file) => ({ file, at: (await stat(join(this.folder, file))).mtimeMs })),
    );
    aged.sort((a, b) => b.at - a.at);
    for (const { file } of aged.slice(mostArchives)) {
      await rm(join(this.folder, file), { force: true });
    }
  }

  private pathOf(digest: string): string {
    return join(this.folder, `${digest}.tgz`);
  }

  private noteOf(repository: string, name: string, version: string): string {
    const hash = createHash('sha256').update(`${repository}\n${name}\n${version}`).digest('hex');
    return join(this.folder, `${hash}.digest`);
  }
}

function folderOf(repository: string): string | undefined {
  const path = repository.startsWith('file://') ? repository.slice('file://'.length) : repository;
  return isAbsolute(path) ? path : undefined;
}

function pullArguments(repository: string, name: string, isPinned: boolean): string[] {
  if (repository.startsWith('oci://')) return [`${repository.replace(/\/+$/, '')}/${name}`];
  if (repository.startsWith('https://')) return [name, '--repo', repository];
  if (repository.startsWith('http://')) {
    if (isPinned) return [name, '--repo', repository];
    const message = `anybody on the way could change charts of ${repository}; pin their digests, or use https://`;
    throw new TaskError('ChartNotPinned', message);
  }
  throw new TaskError(
    'RepositoryInvalid',
    `"${repository}" is no repository of charts; give https://…, oci://… or the absolute path of a folder on the agent's file system`,
  );
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (it) => it.isFile(),
    () => false,
  );
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** The version of an unpacked chart; undefined where there is none. */
async function versionIn(folder: string): Promise<string | undefined> {
  const path = join(folder, 'Chart.yaml');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return (parse(text) as { version?: string } | null)?.version;
  } catch (error) {
    throw new TaskError('ChartNotFound', `${path}: ${messageOf(error)}`);
  }
}
