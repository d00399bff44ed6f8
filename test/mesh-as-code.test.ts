import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTofu } from '@isthmus/clusters';
import { type Candidate, ensureNamespace, eventually } from '@isthmus/local';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Said, tofuProvider } from './terraform/provider.js';
import { startTestWorld } from './world.js';

// The provider's example of a whole mesh, with agents that join by what it returns.

const buildTimeoutMs = 1_800_000;
const example = fileURLToPath(
  new URL('../infra/terraform-provider/examples/complete/main.tf', import.meta.url),
);
/** As the example calls them. */
const names = ['cloud', 'onprem'] as const;

/** As a user adds it to the example: each cluster's agent, by Helm, with a token that no state keeps. */
const agents = `
variable "kubeconfigs" {
  type = map(string)
}

data "isthmus_agent_installation" "ours" {}

ephemeral "isthmus_join_token" "all" {
  for_each   = isthmus_cluster.all
  cluster_id = each.value.id
}

resource "terraform_data" "agent" {
  for_each         = isthmus_cluster.all
  triggers_replace = each.value.id

  provisioner "local-exec" {
    command = "eval \\"$HELM_COMMAND\\""
    environment = {
      HELM_COMMAND       = data.isthmus_agent_installation.ours.helm_command
      ISTHMUS_JOIN_TOKEN = ephemeral.isthmus_join_token.all[each.key].token
      KUBECONFIG         = var.kubeconfigs[each.key]
    }
  }
}
`;

let world: Awaited<ReturnType<typeof startTestWorld>>;
let candidates: Candidate[];
let tofu: (...args: string[]) => Promise<Said>;

beforeAll(async () => {
  const path = await ensureTofu();
  world = await startTestWorld();
  candidates = await Promise.all(
    names.map((name) =>
      world.raise({
        name,
        network: `net-${name}`,
        prepare: (kube) => ensureNamespace(kube, 'shop', { team: 'shop' }),
      }),
    ),
  );
  const folder = join(world.folder, 'mesh');
  await mkdir(folder);
  await copyFile(example, join(folder, 'main.tf'));
  await writeFile(join(folder, 'agents.tf'), agents);
  const kubeconfigs = Object.fromEntries(
    candidates.map(({ name, kube }) => [name, kube.kubeconfig]),
  );
  await writeFile(join(folder, 'terraform.tfvars.json'), JSON.stringify({ kubeconfigs }));
  const run = await tofuProvider(path, join(world.folder, 'provider'));
  const { apiUrl } = world.platform;
  tofu = (...args) =>
    run(args, folder, {
      ISTHMUS_ENDPOINT: apiUrl,
      ISTHMUS_TOKEN: world.sessionToken,
      PATH: `${dirname(world.tools.helm)}${delimiter}${process.env.PATH}`,
      HOME: world.folder,
    });
}, buildTimeoutMs);
afterAll(() => world?.stop());

interface Mesh {
  readonly name: string;
  readonly clusters: { readonly edges: { readonly node: { name: string; status: string } }[] };
}

async function meshes(): Promise<Mesh[]> {
  const { meshes: found } = await world.api.query<{ meshes: { edges: { node: Mesh }[] } }>(
    '{ meshes { edges { node { name clusters { edges { node { name status } } } } } } }',
  );
  return found.edges.map(({ node }) => node);
}

it('makes a mesh of two clusters by one configuration, and takes all of it away again', async () => {
  const made = await tofu('apply', '-auto-approve', '-input=false', '-no-color');
  expect(made.code, made.text).toBe(0);
  for (const candidate of candidates) await candidate.start();
  await eventually(
    'both clusters are connected',
    async () => {
      const mesh = (await meshes()).find(({ name }) => name === 'prod');
      const said = mesh?.clusters.edges.map(({ node }) => `${node.name} ${node.status}`).sort();
      expect(said).toEqual(['cloud CONNECTED', 'onprem CONNECTED']);
    },
    { deadlineMs: 90_000 },
  );
  const [cloud] = candidates;
  await eventually(
    'the release has come to its canary',
    async () => {
      const policies = ['-n', 'shop', 'get', 'authorizationpolicies', '-o', 'name'];
      expect(await cloud?.kube.kubectl(policies)).toContain('payments');
    },
    { deadlineMs: 120_000 },
  );

  const again = await tofu('plan', '-detailed-exitcode', '-input=false', '-no-color');
  expect(again.code, again.text).toBe(0);
  const state = await tofu('state', 'pull');
  expect(state.text).toContain('isthmus_cluster');
  expect(state.text).not.toMatch(/isthmus_join_[0-9a-f]{32}/);

  const gone = await tofu('destroy', '-auto-approve', '-input=false', '-no-color');
  expect(gone.code, gone.text).toBe(0);
  expect((await meshes()).map(({ name }) => name)).toEqual(['acme']);
}, 400_000);
