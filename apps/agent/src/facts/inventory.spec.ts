import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Facts, Intents } from '@isthmus/contracts';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { IntentBook } from '../intents/book.js';
import { IntentDisk } from '../intents/disk.js';
import { type Kube, KubeError } from '../kube/client.js';
import { type KubeObject, Optional } from '../kube/kinds.js';
import { eventually } from '../testing/lab.js';
import { FactBoard } from './board.js';
import { Inventory } from './inventory.js';

const log = pino({ level: 'silent' });
const { typeUrl, encode } = Intents.Inventory;
let book: IntentBook;
let facts: FactBoard;
let inventory: Inventory;
/** Of the one kind that the cluster has. */
let pages: KubeObject[][];
let failures: number;
const kube = {
  async *pages() {
    for (const items of pages) yield { items, resourceVersion: '1' };
    failures -= 1;
    if (failures >= 0) throw new KubeError(500, 'InternalError', 'not now');
  },
} as unknown as Kube;
const route = (name: string): KubeObject => ({ metadata: { name, namespace: 'demo' } });
const ask = async (request: string) =>
  await book.apply(typeUrl, {
    resources: [{ name: 'inventory', version: request, body: Buffer.from(encode({ request })) }],
    removed: [],
  });
const answer = () => facts.get('Inventory', 'inventory');
const isComplete = () =>
  facts.sets.find((set) => set.typeUrl === Facts.ConfigurationObject.typeUrl)?.isComplete;

beforeEach(async () => {
  const dir = await mkdtemp(`${tmpdir()}/isthmus-inventory-`);
  book = new IntentBook(new IntentDisk(dir, log), 'cluster_a', log);
  facts = new FactBoard();
  failures = 0;
  pages = [
    [route('a'), route('b')],
    [route('c'), route('d')],
  ];
  const cluster = {
    kind: (name: string) =>
      name === 'VirtualService.networking.istio.io' ? Optional.get(name)?.[0] : undefined,
  };
  inventory = new Inventory({ kube, log, cluster, book, facts, mostObjects: 3 });
});
afterEach(async () => await inventory.stop());

it('names what is too much, and is there only when all of it has been read', async () => {
  failures = 1;
  await ask('one');
  inventory.start();
  await eventually(() => failures === 0);
  expect(answer()).toBeUndefined();
  expect(isComplete()).toBe(false);
  await eventually(() => answer());
  expect(answer()).toEqual({
    request: 'one',
    objects: 3,
    leftOut: ['VirtualService.networking.istio.io/demo/d'],
  });
  expect(facts.names('ConfigurationObject')).toHaveLength(3);
  expect(isComplete()).toBe(true);
});

it('is not taken before somebody asks, and says so when it is known that nobody does', async () => {
  inventory.start();
  expect(isComplete()).toBe(false);
  book.synced(typeUrl);
  await eventually(() => isComplete());
  expect(answer()).toBeUndefined();
});
