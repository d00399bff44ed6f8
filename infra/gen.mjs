// Regenerates everything that is generated and committed: protobuf, Prisma, the SDL, the operations
// of the console and of the command line, schemas.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

run('buf', ['generate', '--include-imports'], 'proto');
// Prisma looks for an engine that `generate` never runs: any file that is there will do.
run('prisma', ['generate'], '.', { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath });
// What is made of the SDL may not compile before it is.
run('tsc', ['-b', 'apps/api'], '.');
run('node', ['apps/api/dist/print-schema.js'], '.');
run('graphql-codegen', ['--config', 'codegen.ts'], 'apps/console');
run('graphql-codegen', ['--config', 'codegen.ts'], 'apps/cli');
run('node', ['infra/schemas.mjs'], '.');

function run(file, args, folder, environment = {}) {
  const { status, error } = spawnSync(file, args, {
    cwd: `${root}/${folder}`,
    env: { ...process.env, ...environment },
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error(`gen: ${file} ${args.join(' ')} failed ${error?.message ?? ''}`);
    process.exit(1);
  }
}
