import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Intents, State } from '@isthmus/contracts';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { ClusterState } from '../cluster/state.js';
import { FactBoard } from '../facts/board.js';
import { IntentBook } from '../intents/book.js';
import { IntentDisk } from '../intents/disk.js';
import { ReleaseRecord } from '../intents/release-record.js';
import type { Kube } from '../kube/client.js';
import { echoImport, namespace, viewOf } from '../testing/samples.js';
import { Conductor } from './conductor.js';

it('an intent that cannot be planned is refused by name, and holds up no other', async () => {
  const log = pino({ level: 'silent' });
  const dir = await mkdtemp(join(tmpdir(), 'isthmus-plan-'));
  const disk = new IntentDisk(dir, log);
  const record = new ReleaseRecord(dir, 'cluster_a', log);
  const book = new IntentBook(disk, 'cluster_a', log);
  const { typeUrl, encode } = Intents.Import;
  const resources = ['bad', 'demo'].map((name) => ({
    name: `${name}/echo`,
    version: 'v1',
    body: encode(echoImport({ namespace: name })),
  }));
  await book.apply(typeUrl, { resources, removed: [] });
  // Nothing is asked of the API server: the watches are never started.
  const kube = {} as Kube;
  const facts = new FactBoard();
  const cluster = new ClusterState({
    kube,
    log,
    istioNamespace: 'istio-system',
    discoveryMs: 1_000,
    resolveMs: 1_000,
  });
  const view = viewOf({
    namespace: (name) => {
      if (name === 'bad') throw new Error('out of my depth');
      return namespace(name);
    },
  });
  const istiod = { istiods: () => [], tokenFile: undefined };
  const conductor = new Conductor({ kube, log, book, cluster, facts, view, record, istiod });
  conductor.start();
  await conductor.idle();
  const failed = facts.get('IntentStatus', 'Import/bad/echo');
  expect(failed).toMatchObject({ stored: State.STATE_REFUSED, reason: 'PlanFailed', objects: [] });
  expect(failed?.message).toContain('out of my depth');
  expect(facts.get('IntentStatus', 'Import/demo/echo')?.objects).toHaveLength(4);
  await conductor.stop();
});
