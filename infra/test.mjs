// Runs every suite and prints, last, how many tests passed and failed over all of them.
//   npm test                 every suite
//   npm test -- specs        the specs beside the sources
//   npm test -- e2e          black box: processes, API servers, Helm
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const suites = {
  specs: ['--config', 'vitest.config.ts'],
  e2e: ['--config', 'test/vitest.config.ts'],
};
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(
    `no such suite: ${unknown.join(', ')}; there are: ${Object.keys(suites).join(', ')}`,
  );
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'isthmus-test-'));
let [passed, failed] = [0, 0];
for (const name of wanted.length > 0 ? wanted : Object.keys(suites)) {
  const started = Date.now();
  console.error(`test: ${name} …`);
  const report = join(folder, `${name}.json`);
  const code = await vitest([
    ...suites[name],
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  const result = read(report);
  passed += result.numPassedTests;
  // A suite that broke outside its tests has failed, whatever it counted.
  failed += result.numFailedTests || (code === 0 ? 0 : 1);
  console.error(`test: ${name} done (${Math.round((Date.now() - started) / 1000)} s)`);
}
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function vitest(options) {
  return new Promise((resolve) => {
    const child = spawn('vitest', ['run', ...options], {
      stdio: 'inherit',
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function read(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0 };
  }
}
