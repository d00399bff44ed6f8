// Everything that can be checked without running: types, lint and format, import
// directions, dead code, the wire contract, and that what is generated is up to date.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = [
  'libs/contracts/src/generated',
  'libs/platform/src/database/generated',
  'apps/api/schema.graphql',
  'apps/cli/src/api/generated',
  'apps/console/src/api/generated',
  'libs/releases/schemas',
];

const checks = [
  ['lint and format', 'biome', ['check', '--error-on-warnings']],
  ['import directions', 'depcruise', ['libs', 'apps', '--config', '.dependency-cruiser.cjs']],
  ['dead code', 'knip', ['--no-progress']],
  ['wire contract', 'buf', ['lint', 'proto']],
  ['generated files', 'node', ['infra/gen.mjs']],
  ['documentation', 'node', ['docs/site/build.mjs']],
  ['API keeps what it promised', 'node', ['apps/api/dist/check-schema.js']],
  ['generated files are committed', 'git', ['diff', '--exit-code', '--stat', '--', ...generated]],
];

let failed = 0;
for (const [name, file, args] of checks) {
  const { status } = spawnSync(file, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed += 1;
  console.error(`check: ${name}: ${status === 0 ? 'ok' : 'FAILED'}`);
}
process.exit(failed > 0 ? 1 : 0);
