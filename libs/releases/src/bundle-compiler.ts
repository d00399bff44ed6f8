import { availableParallelism } from 'node:os';
import { IsthmusError } from '@isthmus/kernel';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Piscina } from 'piscina';
import type { CheckContext } from './checks/index.js';
import { type CompiledBundle, compileBundle } from './compile.js';
import type { SourceFile } from './objects.js';

const deadlineMs = 60_000;
const mostWaiting = 32;
/** Sources as they are, in specs: a thread would need them built. */
const isBuilt = import.meta.url.endsWith('.js');

/** Compiles bundles beside the event loop: a large one takes seconds, and others ask meanwhile. */
@Injectable()
export class BundleCompiler implements OnModuleDestroy {
  private pool: Piscina | undefined;

  /** As `compileBundle`. @throws UNAVAILABLE when there is too much to do, or it takes too long. */
  async compile(files: readonly SourceFile[], context: CheckContext): Promise<CompiledBundle> {
    if (!isBuilt) return compileBundle(files, context);
    this.pool ??= new Piscina({
      filename: new URL('./compile-thread.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: Math.max(1, availableParallelism() - 1),
      idleTimeout: 60_000,
      maxQueue: mostWaiting,
      // A bundle that needs more ends its thread, and not the process.
      resourceLimits: { maxOldGenerationSizeMb: 1_024 },
    });
    try {
      const signal = AbortSignal.timeout(deadlineMs);
      return (await this.pool.run({ files, context }, { signal })) as CompiledBundle;
    } catch (cause) {
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
