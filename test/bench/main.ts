import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { measurePropagation, type Spread, startWorld } from '@isthmus/local';
import { runConsole } from './console.js';
import { formatFanout, runFanout } from './fanout.js';
import { runRelease } from './release.js';
import { runUpgrades } from './upgrade.js';

// npm run bench [-- B0] [-- B1] [-- B8] [-- B9] [-- B10]: prints a table for each, and JSON last.

const wanted = process.argv.slice(2).filter((argument) => /^B\d+$/.test(argument));
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const report: Record<string, unknown> = {
  machine: `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
};
console.error(`machine: ${report.machine}`);
if (isWanted('B0')) report.B0 = await propagation();
if (isWanted('B1')) {
  const fanout = await runFanout({ log: (line) => console.error(`B1  ${line}`) });
  console.error(formatFanout(fanout));
  report.B1 = fanout;
}
if (isWanted('B8')) report.B8 = await runUpgrades({ log: (line) => console.error(`B8  ${line}`) });
if (isWanted('B9')) report.B9 = await runRelease({ log: (line) => console.error(`B9  ${line}`) });
if (isWanted('B10')) report.B10 = await runConsole({ log: (line) => console.error(`B10 ${line}`) });
console.log(JSON.stringify(report));

/** An endpoint changes in one cluster → the object is applied in the other; five runs. */
async function propagation(): Promise<{ runs: Spread[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-bench-'));
  const log = (line: string): void => console.error(`B0  ${line}`);
  const world = await startWorld({ folder, log, logLevel: 'warn' });
  try {
    const from = await world.join({
      name: 'from',
      network: 'a',
      locality: 'eu',
      gateway: '203.0.113.10',
    });
    const to = await world.join({
      name: 'to',
      network: 'b',
      locality: 'us',
      serviceCidr: '10.97.0.0/16',
      gateway: '198.51.100.20',
    });
    const runs: Spread[] = [];
    for (let run = 1; run <= 5; run += 1) {
      const spread = await measurePropagation(from.kube, to.kube, 100);
      log(`run ${run}: p50 ${spread.p50} ms, p99 ${spread.p99} ms, n ${spread.n}`);
      runs.push(spread);
    }
    const median = (of: (spread: Spread) => number): number =>
      runs.map(of).sort((a, b) => a - b)[Math.floor(runs.length / 2)] ?? 0;
    log(
      `median of ${runs.length} runs: p50 ${median((s) => s.p50)} ms, p99 ${median((s) => s.p99)} ms (goal: p99 < 250 ms)`,
    );
    return { runs };
  } finally {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
