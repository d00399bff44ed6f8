// Brings a fresh clone to where a command can run, then runs it:
//   node infra/setup.mjs [--no-clusters] -- command args…
// Plain JavaScript for Node 20 or newer and nothing else: it is what installs the rest.
// The first run installs packages, builds, and fetches or builds the Kubernetes API server;
// later runs see that all is there and go straight on.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [options, command] = split(process.argv.slice(2));
const environment = {
  ...process.env,
  PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`,
};

await step(
  'packages',
  installed,
  ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
  () => writeFileSync(stamp(), lockHash()),
);
await step('build', () => false, ['tsc', '-b']);
await step('console', consoleBuilt, ['npm', 'run', '--silent', 'build', '-w', 'apps/console']);
if (!options.includes('--no-clusters')) {
  await step('clusters', () => false, ['node', 'infra/clusters/dist/ensure.js']);
}
process.exit(await run(command));

function split(args) {
  const at = args.indexOf('--');
  return at < 0 ? [args, []] : [args.slice(0, at), args.slice(at + 1)];
}

function stamp() {
  return join(root, 'node_modules', '.isthmus-lock');
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function installed() {
  return existsSync(stamp()) && readFileSync(stamp(), 'utf8') === lockHash();
}

/** Whether the console's files are younger than all that they are made of. */
function consoleBuilt() {
  const folder = join(root, 'apps', 'console');
  const page = join(folder, 'dist', 'index.html');
  if (!existsSync(page)) return false;
  const sources = ['src', 'public', 'index.html', 'vite.config.ts', 'package.json'];
  const built = statSync(page).mtimeMs;
  return sources.every((name) => newest(join(folder, name)) < built);
}

function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  const files = readdirSync(path, { recursive: true }).map((name) => statSync(join(path, name)));
  return Math.max(mtimeMs, ...files.map((file) => file.mtimeMs));
}

async function step(name, done, argv, after = () => {}) {
  if (done()) return;
  const started = Date.now();
  const beat = setInterval(() => say(name, started, '…'), 15_000);
  const code = await run(argv);
  clearInterval(beat);
  if (code !== 0) {
    console.error(`setup: ${name} failed (${argv.join(' ')})`);
    process.exit(code);
  }
  after();
  say(name, started, 'ready');
}

function say(name, started, state) {
  console.error(`setup: ${name} ${state} (${Math.round((Date.now() - started) / 1000)} s)`);
}

function run([file, ...args]) {
  if (!file) return 0;
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: root,
      env: environment,
      stdio: ['inherit', 'inherit', 'inherit'],
    });
    // The child decides how to end; this process follows it.
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.once('error', (error) => {
      console.error(`setup: cannot run ${file}: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}
