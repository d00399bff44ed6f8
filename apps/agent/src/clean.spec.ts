import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CleanSettings, clean } from './clean.js';
import { everything, traces, wantEverything } from './testing/everything.js';
import { eventually, Lab } from './testing/lab.js';

const leaseTimes = { duration: 2_000, deadline: 1_500, renew: 100, retry: 30 };

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start();
});
afterAll(async () => await lab.stop());

/** Cleans, beside no Deployment. @returns what was logged, each message with its object. */
async function cleaned(wishes: Partial<CleanSettings['wishes']> = {}): Promise<string[]> {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await clean({
    config: lab.config({ podName: 'isthmus-agent-clean-0', joinToken: undefined }),
    wishes: {
      ...{ deployment: 'isthmus-agent', deadlineMs: 60_000 },
      ...{ takesAuthority: false, evenIfMember: false, ...wishes },
    },
    ...{ log: pino({ level: 'info' }, stream), version: 'spec', leaseTimes },
  });
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; object?: string })
    .map(({ msg, object = '' }) => `${msg} ${object}`);
}

const names = async (): Promise<string[]> => [...(await traces(lab)).keys()].sort();

it('takes away all that is its work, in a safe order, and nothing else, and can be run again', async () => {
  const { hub } = lab;
  const agent = await lab.agent({}, { leaseTimes });
  await wantEverything(lab);
  await eventually(async () => (await agent.ready()) === 'ok');
  // A copy that somebody made of an object of ours, label and all.
  const copied = await lab.get('service', 'demo', 'echo');
  const { labels } = copied?.metadata ?? {};
  await lab.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'copy', namespace: 'demo', labels },
    spec: { ports: [{ name: 'http', port: 80 }] },
  });
  const before = await names();
  for (const name of everything)
    expect(
      before.some((it) => it.startsWith(name)),
      name,
    ).toBe(true);

  // The plane has it for a member: nothing happens, not even to the agent.
  await expect(cleaned()).rejects.toThrow('was not removed from its mesh');
  expect(await names()).toEqual(before);
  expect(await agent.ready()).toBe('ok');

  hub.isRemoved = true;
  await expect(cleaned({ deadlineMs: 3_000 })).rejects.toThrow(
    'the agent was to end; waiting for the Lease isthmus-system/isthmus-agent: isthmus-agent-0 has it',
  );
  expect(await names()).toEqual(before);
  await agent.stop();

  // Somebody's finalizer holds one up.
  const [entry] = await lab.list('workloadentries', 'demo');
  const finalizers = async (list: string[]): Promise<void> => {
    const patch = JSON.stringify({ metadata: { finalizers: list } });
    await lab.cluster.kubectl([
      ...['patch', 'workloadentry', entry?.metadata.name ?? '', '-n', 'demo'],
      ...['--type=merge', '-p', patch],
    ]);
  };
  await finalizers(['example.com/hold']);
  await expect(cleaned({ deadlineMs: 5_000 })).rejects.toThrow(
    'not done in time: deleting what is of Import, Endpoints; left: WorkloadEntry demo/echo-',
  );
  // What goes after it is there still.
  expect(await names()).toContain('Gateway istio-system/remote-net-b');
  await finalizers([]);
  await cleaned();
  expect(await names()).toEqual(['Secret istio-system/cacerts', 'Service demo/copy']);
  const rule = await lab.get('destinationrules', 'demo', 'web');
  expect(rule?.metadata.labels ?? {}).toEqual({});
  expect((await lab.get('serviceexport', 'demo', 'web'))?.status?.conditions ?? []).toEqual([]);
  expect(
    (await lab.get('namespace', '', 'istio-system'))?.metadata.labels?.[
      'topology.istio.io/network'
    ],
  ).toBeUndefined();

  await cleaned();
  await cleaned({ takesAuthority: true });
  expect(await names()).toEqual(['Service demo/copy']);
}, 180_000);

it('deletes routes first, gateways last, and goes on without a hub that it cannot ask', async () => {
  const { hub } = lab;
  hub.isRemoved = false;
  hub.tokens.add('token-2');
  const agent = await lab.agent({ joinToken: 'token-2' }, { leaseTimes });
  await wantEverything(lab);
  // What the hub has been told is of the agent before, in part.
  await eventually(async () => (await agent.ready()) === 'ok', 30_000);
  expect((await names()).some((name) => name.startsWith('WorkloadEntry'))).toBe(true);
  await agent.stop();
  hub.stop();
  const said = await cleaned();
  expect(said.some((line) => line.startsWith('the hub cannot be asked'))).toBe(true);
  const gone = said.flatMap(
    (line) => /^(?:deleted|given back), no intent wants it (\w+)/.exec(line)?.[1] ?? [],
  );
  expect(gone.slice(0, 2)).toEqual(['VirtualService', 'DestinationRule']);
  expect(gone.slice(-2)).toEqual(['Gateway', 'Gateway']);
  expect(gone.indexOf('Service')).toBeGreaterThan(gone.lastIndexOf('WorkloadEntry'));
  await hub.listen();
}, 180_000);
