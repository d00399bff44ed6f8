import { defineConfig } from 'vite';

/** All that runs in files of its own: the package depends on no other, and starts fast. */
export default defineConfig({
  ssr: { noExternal: true },
  build: {
    ssr: 'src/main.ts',
    target: 'node20',
    // Beside what tsc builds; see `files` of package.json for which of both is packed.
    emptyOutDir: false,
    rolldownOptions: {
      output: {
        entryFileNames: 'isthmus.js',
        // One level deep, so that `../package.json` is the package's.
        // No hash, or old ones would be packed as well.
        chunkFileNames: 'isthmus-[name].js',
      },
    },
  },
});
