import { availableParallelism } from 'node:os';
import { IsthmusError, messageOf } from '@isthmus/kernel';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Piscina } from 'piscina';
import type { CheckContext } from './checks/index.js';
import { type CompiledBundle, compileBundle } from './compile.js';
import type { SourceFile } from './objects.js';

const deadlineMs = 60_000;
const mostWaiting = 32;
const mostOfPayer = 4;
/** Sources as they are, in specs: a thread would need them built. */
const isBuilt = import.meta.url.endsWith('.js');

/** Compiles bundles beside the event loop: a large one takes seconds, and others ask meanwhile. */
@Injectable()
export class BundleCompiler implements OnModuleDestroy {
  private pool: Piscina | undefined;
  /** Bundles that are being compiled, by organization. */
  private readonly running = new Map<string, number>();

  /**
   * As `compileBundle`.
   *
   * @param payer the organization: none takes all threads.
   * @throws UNAVAILABLE when there is too much to do, or it takes too long.
   */
  async compile(
    payer: string,
    files: readonly SourceFile[],
    context: CheckContext,
  ): Promise<CompiledBundle> {
    if (!isBuilt) return compileBundle(files, context);
    const running = this.running.get(payer) ?? 0;
    if (running >= mostOfPayer) {
      throw new IsthmusError(
        'UNAVAILABLE',
        `${mostOfPayer} bundles of yours are being checked; try again when they are done`,
      );
    }
    this.running.set(payer, running + 1);
    try {
      return await this.run({ files, context });
    } finally {
      const left = (this.running.get(payer) ?? 1) - 1;
      if (left > 0) this.running.set(payer, left);
      else this.running.delete(payer);
    }
  }

  private async run(task: object): Promise<CompiledBundle> {
    this.pool ??= new Piscina({
      filename: new URL('./compile-thread.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: Math.max(1, availableParallelism() - 1),
      idleTimeout: 60_000,
      maxQueue: mostWaiting,
      // A bundle that needs more ends its thread, and not the process.
      resourceLimits: { maxOldGenerationSizeMb: 1_024 },
    });
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      return (await this.pool.run(task, { signal })) as CompiledBundle;
    } catch (cause) {
      const words = messageOf(cause);
      if (!signal.aborted && !/queue|memory|terminat/i.test(words)) throw cause;
      throw new IsthmusError(
        'UNAVAILABLE',
        'the bundle could not be checked in time; try again in a while, or split it by folders',
        { cause },
      );
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.pool?.destroy();
  }
}
