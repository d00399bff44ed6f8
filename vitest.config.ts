import { defineConfig } from 'vitest/config';

/** Specs run on the sources; only what starts processes (test/) runs on what is built. */
export default defineConfig({
  ssr: { resolve: { conditions: ['isthmus-source'] } },
  resolve: { conditions: ['isthmus-source'] },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'infra/**/*.spec.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
