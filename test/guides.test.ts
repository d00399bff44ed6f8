import { readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTofu } from '@isthmus/clusters';
import { signUp } from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf } from './guides/blocks.js';
import { guides, inside, terraform } from './guides/followed.js';
import { root } from './guides/root.js';
import { follow, isRun } from './guides/session.js';
import { type ReaderWorld, startReaderWorld } from './guides/world.js';

// The guides, followed word by word by somebody who has what they ask for.

const withinMs = 300_000;
/** OpenTofu may have to be built first. */
const buildMs = 1_800_000;

function blocksOfGuide(name: string): Block[] {
  const path = `docs/${name}.md`;
  return blocksOf(path, readFileSync(join(root, path), 'utf8'));
}

/** Follows a guide to its end. GUIDES_SAY=1 shows all that is printed on the way. */
async function read(
  world: ReaderWorld,
  name: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const blocks = [...blocksOfGuide(name)];
  const other = inside[name];
  if (other) blocks.splice(blocks.findLastIndex(isRun), 0, ...blocksOfGuide(other));
  const folder = join(world.folder, name);
  await mkdir(folder);
  // Some commands are given in a checkout.
  for (const part of ['infra', 'apps']) await symlink(join(root, part), join(folder, part));
  const { environment } = world;
  const said = await follow(blocks, { folder, environment, values, withinMs });
  if (process.env.GUIDES_SAY) process.stdout.write(said.join('\n'));
  expect(said).toHaveLength(blocks.filter(isRun).length);
}

describe('who follows the guides', () => {
  let world: ReaderWorld;
  beforeAll(async () => {
    world = await startReaderWorld();
    await world.addCluster('cloud', { network: 'cloud', gateway: '203.0.113.10' });
    await world.addCluster('onprem', { network: 'cellar', gateway: '198.51.100.20' });
    // Of the command line's guide, with a mesh of its own.
    await world.addCluster('berlin', { network: 'berlin', gateway: '192.0.2.30' });
  });
  afterAll(() => world?.stop());

  it.each(guides)(
    'gets through docs/%s.md',
    async (name) => {
      const { sessionToken } = await signUp(world.apiUrl, `${name}@acme.example`);
      await read(world, name, {
        ISTHMUS_ENDPOINT: world.apiUrl,
        EMAIL: 'grace@acme.example',
        PASSWORD: 'correct horse battery staple',
        CHART: join(root, 'infra/helm/isthmus-agent'),
        TOKEN: sessionToken,
        ISTHMUS_TOKEN: sessionToken,
        ISTHMUS_MESH: 'prod',
        COMMIT: '0123abc',
      });
    },
    withinMs + 10_000,
  );
});

describe('who follows the guide to Terraform', () => {
  let world: ReaderWorld;
  beforeAll(async () => {
    const tofu = await ensureTofu();
    world = await startReaderWorld({ terraform: tofu, tofu });
    await world.addCluster('cloud', { network: 'cloud', gateway: '203.0.113.10' });
    await world.addCluster('onprem', { network: 'cellar', gateway: '198.51.100.20' });
  }, buildMs);
  afterAll(() => world?.stop());

  it(
    `gets through docs/${terraform}.md`,
    async () => {
      const { sessionToken } = await signUp(world.apiUrl, 'grace@acme.example');
      await read(world, terraform, { ISTHMUS_ENDPOINT: world.apiUrl, ISTHMUS_TOKEN: sessionToken });
    },
    withinMs + 10_000,
  );
});
