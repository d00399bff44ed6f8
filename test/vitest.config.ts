import { defineConfig } from 'vitest/config';

/** Black box: what is built, in processes of its own, on real API servers. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    // Each file starts clusters of its own; two cores carry one such world at a time.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
