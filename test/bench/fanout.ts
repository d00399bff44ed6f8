/**
 * B1: one resource of 512 bytes changes, and every connected agent gets it. Ours is the sync
 * library alone; the peer is go-control-plane's delta ADS server with a linear cache. The clients are the
 * same program for both, the two take turns, and what counts is the ratio.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BenchIdentities, writeIdentities } from './certificates.js';
import { buildGoPrograms, cpuUs, Program, residentKb } from './programs.js';

export interface FanoutOptions {
  readonly agents?: number;
  /** Of each server. */
  readonly runs?: number;
  /** That are measured, in each run. */
  readonly changes?: number;
  readonly changesPerSecond?: number;
  /** Before them, so that both have compiled, allocated and sized what they need. */
  readonly warmUpChanges?: number;
  /** Bytes of the resource. */
  readonly size?: number;
  /** Which to run; both, unless one of them is being looked at. */
  readonly only?: Contestant;
  /** Given to Node when it starts our server, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
  /** Given to the peer, such as `-static-windows=false` for grpc-go's own defaults. */
  readonly peerOptions?: readonly string[];
  log?(line: string): void;
}

export type Contestant = 'ours' | 'peer';

/** One server, once. */
export interface FanoutRun {
  readonly messages: number;
  /** Of changes × agents. Below 100 some were overtaken by later ones: the rate is too high. */
  readonly arrivedPercent: number;
  /** Change → received, by the clock of the one machine that all of it runs on. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the server's process, for a message with its acknowledgement. */
  readonly cpuUsPerMessage: number;
  /** (RSS with all agents connected − RSS before the first) ÷ agents. */
  readonly kbPerClient: number;
  /** The same after the last change. */
  readonly kbPerClientAfter: number;
  /** What the agents' process used for a message: not part of any goal. */
  readonly clientCpuUsPerMessage: number;
  /** Until all agents had connected, one handshake each. */
  readonly connectMs: number;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Comparison {
  readonly metric: string;
  readonly ours: Spread | undefined;
  readonly peer: Spread | undefined;
  /** Median of ours ÷ median of the peer's. */
  readonly ratio: number | undefined;
  /** What the ratio should be at most; undefined for what is only told. */
  readonly goal: number | undefined;
}

export interface FanoutReport {
  readonly benchmark: 'B1 fan-out';
  readonly agents: number;
  readonly runs: number;
  readonly changes: number;
  readonly changesPerSecond: number;
  readonly bytes: number;
  readonly processors: number;
  readonly node: string;
  readonly peer: string;
  readonly comparisons: readonly Comparison[];
  readonly oursRuns: readonly FanoutRun[];
  readonly peerRuns: readonly FanoutRun[];
  readonly floors: readonly string[];
}

const typeUrl = 'type.googleapis.com/google.protobuf.BytesValue';
const methods: Readonly<Record<Contestant, string>> = {
  ours: '/isthmus.agent.v1.SyncService/StreamIntents',
  peer: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
};

/**
 * Quoted, not measured here: for 512 B on one core of a machine where the peer took 116–128 µs a
 * message, 84–99 KB a client, p50 41 ms and p99 106 ms for 1,000 clients.
 */
const floors = [
  'the peer there: 116–128 µs, 84–99 KB',
  'kernel send + AEAD: 16 µs',
  'Node raw TLS: 32 µs',
  'node:http2 with ACK: 65–75 µs',
  'grpc-js with an identity serializer and ACK: 109–125 µs',
  'memory: 80–89 KB a connection',
  'full mTLS handshake in grpc-js: 4.3 ms; resumed raw TLS: 1.3 ms',
];

const metrics: readonly { key: keyof FanoutRun; name: string; goal: number | undefined }[] = [
  { key: 'arrivedPercent', name: 'changes that arrived one by one, %', goal: undefined },
  { key: 'p50Ms', name: 'p50 change → received, ms', goal: undefined },
  { key: 'p99Ms', name: 'p99 change → received, ms', goal: 1 },
  { key: 'cpuUsPerMessage', name: 'server CPU per message + ACK, µs', goal: 1 },
  { key: 'kbPerClient', name: 'server memory per client, KB', goal: 1 },
  { key: 'kbPerClientAfter', name: '  the same, after the changes', goal: 1 },
  { key: 'clientCpuUsPerMessage', name: 'client CPU per message, µs', goal: undefined },
  { key: 'connectMs', name: 'all agents connected, ms', goal: undefined },
];

/** Runs both servers in turn. Needs Linux, and Go to build the peer. */
export async function runFanout(options: FanoutOptions = {}): Promise<FanoutReport> {
  const setup = {
    agents: options.agents ?? 1_000,
    changes: options.changes ?? 50,
    changesPerSecond: options.changesPerSecond ?? 5,
    warmUpChanges: options.warmUpChanges ?? 20,
    size: options.size ?? 512,
    nodeOptions: options.nodeOptions ?? [],
    peerOptions: options.peerOptions ?? [],
  };
  const runs = options.runs ?? 5;
  const log = options.log ?? (() => undefined);
  const programs = await buildGoPrograms(log);
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-bench-'));
  const results: Record<Contestant, FanoutRun[]> = { ours: [], peer: [] };
  try {
    const identities = await writeIdentities(folder);
    for (let run = 0; run < runs; run++) {
      // Who goes first changes, so that neither always follows the other.
      const order: Contestant[] = run % 2 === 0 ? ['peer', 'ours'] : ['ours', 'peer'];
      for (const contestant of order.filter((one) => (options.only ?? one) === one)) {
        const result = await runOnce(contestant, { ...setup, programs, identities });
        results[contestant].push(result);
        log(`B1 run ${run + 1}/${runs}, ${contestant}: ${JSON.stringify(result)}`);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    benchmark: 'B1 fan-out',
    agents: setup.agents,
    runs,
    changes: setup.changes,
    changesPerSecond: setup.changesPerSecond,
    bytes: setup.size,
    processors: availableParallelism(),
    node: process.version,
    peer: 'go-control-plane 0.14, delta ADS, linear cache, fixed HTTP/2 windows',
    comparisons: metrics.map(({ key, name, goal }) => {
      const ours = spreadOf(results.ours.map((run) => run[key]));
      const peer = spreadOf(results.peer.map((run) => run[key]));
      return { metric: name, ours, peer, ratio: ours && peer && ours.median / peer.median, goal };
    }),
    oursRuns: results.ours,
    peerRuns: results.peer,
    floors,
  };
}

interface RunSetup {
  readonly agents: number;
  readonly changes: number;
  readonly changesPerSecond: number;
  readonly warmUpChanges: number;
  readonly size: number;
  readonly nodeOptions: readonly string[];
  readonly peerOptions: readonly string[];
  readonly programs: string;
  readonly identities: BenchIdentities;
}

async function runOnce(contestant: Contestant, setup: RunSetup): Promise<FanoutRun> {
  const server = startServer(contestant, setup);
  let agents: Program | undefined;
  try {
    const { port } = await server.answer();
    await sleep(500);
    const rssBefore = await residentKb(server.pid);
    const { client } = setup.identities;
    agents = new Program('agents', join(setup.programs, 'agents'), [
      ...['-address', `127.0.0.1:${port}`, '-method', methods[contestant], '-type', typeUrl],
      ...['-agents', `${setup.agents}`],
      ...['-cert', client.cert, '-key', client.key, '-ca', client.ca],
    ]);
    const { connectMs } = await agents.answer();
    await sleep(1000);
    const rssConnected = await residentKb(server.pid);
    await change(server, setup.warmUpChanges, setup.changesPerSecond);
    agents.say('begin');
    await sleep(500);

    const cpuBefore = await cpuUs(server.pid);
    await change(server, setup.changes, setup.changesPerSecond);
    const cpu = (await cpuUs(server.pid)) - cpuBefore;
    const rssAfter = await residentKb(server.pid);
    const { messages, p50Ms, p99Ms, clientUsPerMessage } = await agents.finish();
    await server.finish();
    if (!messages) {
      throw new Error(`${server.name}: the agents received nothing`);
    }
    return {
      messages,
      arrivedPercent: (100 * messages) / (setup.changes * setup.agents),
      p50Ms: p50Ms ?? 0,
      p99Ms: p99Ms ?? 0,
      cpuUsPerMessage: cpu / messages,
      kbPerClient: (rssConnected - rssBefore) / setup.agents,
      kbPerClientAfter: (rssAfter - rssBefore) / setup.agents,
      clientCpuUsPerMessage: clientUsPerMessage ?? 0,
      connectMs: connectMs ?? 0,
    };
  } finally {
    agents?.kill();
    server.kill();
  }
}

function startServer(contestant: Contestant, setup: RunSetup): Program {
  const { cert, key, ca } = setup.identities.server;
  const args: [string, string][] = [
    ['cert', cert],
    ['key', key],
    ['ca', ca],
    ['type', typeUrl],
    ['size', `${setup.size}`],
  ];
  if (contestant === 'peer') {
    const flags = args.flatMap(([name, value]) => [`-${name}`, value]);
    return new Program('peer', join(setup.programs, 'adspeer'), [...flags, ...setup.peerOptions]);
  }
  const script = fileURLToPath(new URL('./fanout-server.js', import.meta.url));
  const flags = args.flatMap(([name, value]) => [`--${name}`, value]);
  return new Program('ours', process.execPath, [...setup.nodeOptions, script, ...flags]);
}

/** Makes changes at a rate, and waits until the last one has long arrived. */
async function change(server: Program, count: number, perSecond: number): Promise<void> {
  const started = performance.now();
  for (let made = 0; made < count; made++) {
    await sleep(Math.max(0, started + (made * 1000) / perSecond - performance.now()));
    server.say('change');
  }
  await sleep(1000 + 1000 / perSecond);
}

function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted.at(0), sorted.at(-1)];
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (min === undefined || max === undefined || low === undefined || high === undefined) {
    return undefined;
  }
  return { median: (low + high) / 2, min, max };
}

/** The report as a table for people. */
export function formatFanout(report: FanoutReport): string {
  const spread = (value: Spread | undefined): string =>
    value === undefined
      ? 'not measured'
      : `${rounded(value.median)} (${rounded(value.min)}–${rounded(value.max)})`;
  const rows = report.comparisons.map(({ metric, ours, peer, ratio, goal }) => [
    metric,
    spread(ours),
    spread(peer),
    ratio === undefined ? '' : `${ratio.toFixed(2)} ×`,
    goal === undefined ? '' : `≤ ${goal} ×${ratio === undefined ? '' : verdict(ratio, goal)}`,
  ]);
  const table = [['', 'ours', 'peer', 'ratio', 'goal'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const { agents, bytes, changes, changesPerSecond, runs, processors } = report;
  return [
    `B1 fan-out: one change → ${agents} agents, mTLS, ${bytes} B; ${changes} changes at ` +
      `${changesPerSecond}/s; median (min–max) of ${runs} runs; ${processors} processors for ` +
      'servers and clients together',
    `peer: ${report.peer}; ours waits 10 ms for more changes, the peer does not`,
    '',
    ...lines,
    '',
    `floors (quoted from another machine): ${report.floors.join('; ')}`,
  ].join('\n');
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function verdict(ratio: number, goal: number): string {
  return ratio <= goal ? ' met' : ' MISSED';
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      agents: { type: 'string', default: '1000' },
      runs: { type: 'string', default: '5' },
      changes: { type: 'string', default: '50' },
      rate: { type: 'string', default: '5' },
      'warm-up': { type: 'string', default: '20' },
      only: { type: 'string' },
      'node-option': { type: 'string', multiple: true, default: [] },
      'peer-option': { type: 'string', multiple: true, default: [] },
    },
  });
  const { only } = values;
  if (only !== undefined && only !== 'ours' && only !== 'peer') {
    throw new Error('--only is ours or peer');
  }
  const report = await runFanout({
    agents: Number(values.agents),
    runs: Number(values.runs),
    changes: Number(values.changes),
    changesPerSecond: Number(values.rate),
    warmUpChanges: Number(values['warm-up']),
    only,
    nodeOptions: values['node-option'],
    peerOptions: values['peer-option'],
    log: (line) => console.error(line),
  });
  console.log(formatFanout(report));
  console.log(JSON.stringify(report));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main();
}
