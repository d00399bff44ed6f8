// The documentation as a static site.
//   npm run docs             into docs/dist/site
//   npm run docs -- --dev    on this machine, made anew as pages change
import { readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, createServer } from 'vitepress';
import { gather, writePages } from './pages.mjs';

const docs = fileURLToPath(new URL('..', import.meta.url));

writePages(gather());
if (process.argv.includes('--dev')) {
  const server = await createServer(docs, { host: '127.0.0.1' });
  await server.listen();
  server.printUrls();
  watch(docs, { recursive: true }, (_event, path) => {
    if (!path?.endsWith('.md') || path.startsWith('dist')) return;
    try {
      writePages(gather());
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
    }
  });
} else {
  await build(docs);
  assertSelfContained(join(docs, 'dist', 'site'));
}

/** Whoever reads a page tells nobody else of it. @throws Error that names what would be fetched from elsewhere */
function assertSelfContained(folder) {
  const foreign =
    /(?:<(?:script|link|img|source)\b[^>]*?\b(?:src|href|srcset)="|url\(["']?)(?:https?:)?\/\/[^"')]+/g;
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!/\.(html|css)$/.test(name)) continue;
    const [found] = readFileSync(join(folder, name), 'utf8').match(foreign) ?? [];
    if (found) throw new Error(`${name} fetches from elsewhere: ${found}`);
  }
}
