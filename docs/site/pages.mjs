// Gathers what the site is made of: the pages of docs/ as they are, and those that are generated.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deadAnchors, inside } from './links.mjs';
import { referencePages } from './reference.mjs';

const docs = fileURLToPath(new URL('..', import.meta.url));
/** Made anew each time. */
const pagesFolder = join(docs, 'dist', 'pages');
const pictures = 'console';

/** Text of every page, by its path on the site. @throws Error where a link of one leads nowhere */
export function gather() {
  const own = readdirSync(docs, { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.md') && !/^(dist|node_modules)\//.test(path))
    .map((path) => [path, readFileSync(join(docs, path), 'utf8')]);
  const generated = [...referencePages()];
  const pages = new Map([
    ...own.map(([path, text]) => [path, inside(path, text)]),
    ...generated.map(([path, text]) => [path, fromRoot(path, text)]),
  ]);
  const dead = deadAnchors(pages);
  if (dead.length > 0) throw new Error(`there are no such headings:\n  ${dead.join('\n  ')}`);
  return pages;
}

/** What stands at the root of the repository leads to docs/ by that name. */
function fromRoot(path, text) {
  return path.includes('/') ? text : text.replaceAll('](docs/', '](');
}

/** Writes the pages, and takes away those that are no more. */
export function writePages(pages) {
  rmSync(pagesFolder, { recursive: true, force: true });
  for (const [path, text] of pages) {
    const file = join(pagesFolder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const from = join(docs, pictures);
  if (existsSync(from)) cpSync(from, join(pagesFolder, 'public', pictures), { recursive: true });
}
