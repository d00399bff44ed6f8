import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { usageError } from '../errors.js';
import { maskObject, maskText } from './masking.js';

interface Entry {
  readonly path: string;
  readonly about: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What is put together for whoever is asked for help. Nothing comes in unmasked. */
export class Archive {
  private readonly entries: Entry[] = [];
  private readonly missing: { what: string; why: string }[] = [];

  private constructor(private readonly folder: string) {}

  static async open(): Promise<Archive> {
    return new Archive(await mkdtemp(join(tmpdir(), 'isthmus-bug-report-')));
  }

  async addData(path: string, about: string, data: unknown): Promise<void> {
    await this.add(path, about, `${JSON.stringify(maskObject(data), undefined, 2)}\n`);
  }

  async addText(path: string, about: string, text: string): Promise<void> {
    await this.add(path, about, text);
  }

  /** Something is not in it, and why: half of what is there is better than none. */
  leaveOut(what: string, error: unknown): void {
    const why = maskText(error instanceof Error ? error.message : String(error));
    this.missing.push({ what, why });
  }

  /** Runs a part; where it fails, the rest goes on without. */
  async part(what: string, collect: () => Promise<unknown>): Promise<void> {
    try {
      await collect();
    } catch (error) {
      this.leaveOut(what, error);
    }
  }

  /**
   * Writes the archive, for its owner alone, with a manifest of what is in it.
   *
   * @throws USAGE where there is such a file already.
   */
  async write(file: string, head: object): Promise<{ files: number; leftOut: number }> {
    const manifest = {
      ...head,
      files: this.entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      leftOut: this.missing,
    };
    const text = maskText(`${JSON.stringify(manifest, undefined, 2)}\n`);
    await writeFile(join(this.folder, 'manifest.json'), text);
    const { create } = await import('tar');
    const pack = create(
      { gzip: true, portable: true, cwd: this.folder, prefix: 'isthmus-bug-report' },
      ['.'],
    );
    // Of its owner from its first byte on, whatever the umask.
    const handle = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? isThere(file) : error;
    });
    await pipeline(pack, handle.createWriteStream());
    return { files: this.entries.length + 1, leftOut: this.missing.length };
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  private async add(path: string, about: string, text: string): Promise<void> {
    const content = maskText(text);
    const file = join(this.folder, ...path.split('/').map(safeName));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    this.entries.push({ path, about, bytes: Buffer.byteLength(content), sha256 });
  }
}

/** @throws USAGE */
export async function assertFree(file: string): Promise<void> {
  const isFree = await access(file).then(
    () => false,
    () => true,
  );
  if (!isFree) throw isThere(file);
}

function isThere(file: string): Error {
  return usageError(`${file} is there already; name another one with -o`);
}

/** Names of clusters and kinds come from elsewhere. */
function safeName(part: string): string {
  const name = part.replace(/[^A-Za-z0-9._-]/g, '_');
  return /^\.+$/.test(name) ? '_' : name;
}
