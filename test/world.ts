import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  eventually,
  type Member,
  type Owner,
  type PlatformOptions,
  signUp,
  startWorld,
  type World,
} from '@isthmus/local';
import pg from 'pg';

/** Any Kubernetes object, as kubectl prints it. */
export interface KubeObject {
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: what kubectl prints has whatever shape its kind has
  spec: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  status?: any;
}

/** A world in a folder of its own, which goes away with it. */
export async function startTestWorld(
  options: Partial<PlatformOptions> = {},
): Promise<World & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-e2e-'));
  const world = await startWorld({ folder, ...options });
  return {
    ...world,
    folder,
    async stop() {
      await world.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Somebody else of the organization. Nobody can be invited yet: they sign up, and are moved there. */
export async function colleague({ platform, organizationId }: World): Promise<Owner> {
  const email = 'grace@acme.example';
  const owner = await signUp(platform.apiUrl, email);
  const database = new pg.Client({ connectionString: platform.ownerUrl });
  await database.connect();
  try {
    const { rowCount } = await database.query(
      `update membership set organization_id = $1, role = 'operator'
       where user_id = (select id from "user" where email = $2)`,
      [organizationId, email],
    );
    if (rowCount !== 1) throw new Error(`${rowCount} people are ${email}`);
  } finally {
    await database.end();
  }
  return owner;
}

export async function get(
  member: Member,
  namespace: string,
  kind: string,
  name: string,
): Promise<KubeObject> {
  return JSON.parse(await member.kube.kubectl(['-n', namespace, 'get', kind, name, '-o', 'json']));
}

/** Objects of ours, sorted by name. */
export async function ours(member: Member, namespace: string, kind: string): Promise<KubeObject[]> {
  const label = 'app.kubernetes.io/managed-by=isthmus';
  const text = await member.kube.kubectl(['-n', namespace, 'get', kind, '-l', label, '-o', 'json']);
  const { items } = JSON.parse(text) as { items: KubeObject[] };
  return items.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** The WorkloadEntries by which a cluster reaches a service elsewhere. */
export async function entriesOf(
  member: Member,
  namespace: string,
  service: string,
): Promise<KubeObject[]> {
  const entries = await ours(member, namespace, 'workloadentries');
  return entries.filter(({ metadata }) => metadata.name.startsWith(`${service}-`));
}

/** Waits until a cluster reaches a service elsewhere with these weights (1 if unset), in any order. */
export async function importedWith(
  member: Member,
  namespace: string,
  service: string,
  weights: readonly number[],
): Promise<KubeObject[]> {
  return eventually(
    `${member.name} imports ${namespace}/${service} with [${weights}]`,
    async () => {
      const entries = await entriesOf(member, namespace, service);
      const found = entries.map(({ spec }) => (spec.weight as number | undefined) ?? 1).sort();
      if (found.join() !== [...weights].sort().join())
        throw new Error(`the weights are [${found}]`);
      return entries;
    },
  );
}

/** Waits until a command fails because the object is not there. */
export async function gone(
  member: Member,
  namespace: string,
  kind: string,
  name: string,
): Promise<void> {
  await eventually(`${kind} ${namespace}/${name} is gone from ${member.name}`, async () => {
    const found = await member.kube.kubectl([
      '-n',
      namespace,
      'get',
      kind,
      name,
      '--ignore-not-found',
      '-o',
      'name',
    ]);
    if (found.trim() !== '') throw new Error('it is still there');
  });
}

export interface ImportState {
  host: string;
  stored: string;
  accepted: string;
  live: string;
  reason: string | null;
  message: string | null;
  corrections: number;
}

/** What the API says became of a service in an importing cluster. */
export async function importState(
  world: World,
  member: Member,
  host: string,
): Promise<ImportState | undefined> {
  const { cluster } = await world.api.query<{
    cluster: { imports: { edges: { node: ImportState }[] } };
  }>(
    `query ($id: ID!) { cluster(id: $id) { imports(first: 200) { edges { node {
       host stored accepted live reason message corrections } } } } }`,
    { id: member.id },
  );
  return cluster.imports.edges.map(({ node }) => node).find((node) => node.host === host);
}
