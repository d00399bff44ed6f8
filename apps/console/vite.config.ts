import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The API that `vite` (npm run dev -w apps/console) leads to. */
const api = process.env.ISTHMUS_API ?? 'http://127.0.0.1:4000';

export default defineConfig({
  plugins: [react(), compressed()],
  server: { proxy: { '/graphql': { target: api, ws: true }, '/docs': api } },
  build: {
    target: 'es2023',
    // No module of ours is inlined: what the page may run is told by its address alone.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // npm run bench holds the first view to its budget, as it is sent; the editor comes when it is opened.
    chunkSizeWarningLimit: 600,
  },
  worker: { format: 'es' },
});

/** Beside each file its compressed twins, which the API sends as they are. */
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir);
    },
    closeBundle: () => {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const path = join(folder, name);
        if (!/\.(js|css|html|svg)$/.test(name) || statSync(path).size < 1024) continue;
        const bytes = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
      }
    },
  };
}
