import { fromJson, type Transaction } from '@isthmus/platform';
import { Injectable } from '@nestjs/common';
import { CompiledRelease } from './compiled-release.js';
import type { ConfigurationObject, Override, Problem, SourceFile } from './objects.js';

/** All that a release holds. */
export interface ReleaseContent {
  readonly files: readonly SourceFile[];
  readonly objects: readonly ConfigurationObject[];
  readonly overrides: readonly Override[];
  readonly warnings: readonly Problem[];
}

/** Releases kept ready; each takes what its objects take. */
const mostKept = 64;

/** Releases by id, as they go to clusters. What never changes is read once. */
@Injectable()
export class ReleaseContents {
  private readonly kept = new Map<string, CompiledRelease>();

  /** @returns those that are there; by id. */
  async load(tx: Transaction, ids: Iterable<string>): Promise<Map<string, CompiledRelease>> {
    const found = new Map<string, CompiledRelease>();
    const missing: string[] = [];
    for (const id of new Set(ids)) {
      const known = this.kept.get(id);
      if (known) this.keep(known);
      if (known) found.set(id, known);
      else missing.push(id);
    }
    if (missing.length === 0) return found;
    const releases = await tx.release.findMany({
      where: { id: { in: missing } },
      select: { id: true, number: true },
    });
    const contents = await tx.releaseContent.findMany({
      where: { releaseId: { in: releases.map(({ id }) => id) } },
      select: { releaseId: true, objects: true, overrides: true },
    });
    const byId = new Map(contents.map((content) => [content.releaseId, content]));
    for (const { id, number } of releases) {
      const content = byId.get(id);
      if (!content) continue;
      const release = new CompiledRelease(
        id,
        number,
        fromJson<ConfigurationObject[]>(content.objects),
        fromJson<Override[]>(content.overrides),
      );
      found.set(id, release);
      this.keep(release);
    }
    return found;
  }

  /** The latest used is the last to go. */
  private keep(release: CompiledRelease): void {
    this.kept.delete(release.id);
    this.kept.set(release.id, release);
    const [oldest] = this.kept.keys();
    if (this.kept.size > mostKept && oldest !== undefined) this.kept.delete(oldest);
  }
}
