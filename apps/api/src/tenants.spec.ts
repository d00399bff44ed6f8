import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type IdKind, idKindOf, idKinds, newId } from '@isthmus/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  buildSchema,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from './graphql-js.js';
import { type Answer, startTestApi, storeExport, type TestApi } from './testing.js';

// Every argument of type ID in every operation, found in the schema, is given ids of another
// tenant. The answer must be the one for an id that does not exist, to the byte.
// The services have no filters of their own besides row-level security: this is it alone.

let api: TestApi;
let ours: Tenant;
let theirs: Tenant;
let schema: GraphQLSchema;

/** A tenant with one of everything. */
interface Tenant {
  readonly headers: Record<string, string>;
  readonly organizationId: string;
  readonly meshId: string;
  readonly clusterId: string;
  /** One id of each kind there is, and of a service. */
  readonly ids: readonly string[];
}

beforeAll(async () => {
  api = await startTestApi({ ISTHMUS_COST_PER_SECOND: '1000000' });
  schema = buildSchema(await readFile(new URL('../schema.graphql', import.meta.url), 'utf8'));
  ours = await makeTenant();
  theirs = await makeTenant();
});
afterAll(() => api?.close());

const strictMtls = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
`;

async function makeTenant(): Promise<Tenant> {
  const { headers, organizationId } = await api.owner();
  const ask = async (query: string, input: object) => {
    const { data, text } = await api.query(query, { input }, headers);
    if (!data) throw new Error(text);
    return data;
  };
  const { createMesh } = await ask(
    'mutation ($input: CreateMeshInput!) { createMesh(input: $input) { mesh { id } } }',
    { name: 'acme' },
  );
  const meshId = createMesh.mesh.id;
  const { registerCluster } = await ask(
    'mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } } }',
    { meshId, name: 'cloud', network: 'cloud', locality: 'eu' },
  );
  const clusterId = registerCluster.cluster.id;
  const { createExportPolicy } = await ask(
    'mutation ($input: CreateExportPolicyInput!) { createExportPolicy(input: $input) { exportPolicy { id } } }',
    { meshId, name: 'all', everything: true },
  );
  const { grantHost } = await ask(
    'mutation ($input: GrantHostInput!) { grantHost(input: $input) { hostGrant { id } } }',
    { meshId, namespace: 'shop', service: '*', clusterIds: [clusterId] },
  );
  const { createApiToken } = await ask(
    'mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { apiToken { id } } }',
    { name: 'ci', role: 'VIEWER', expiresAt: new Date(Date.now() + 3_600_000) },
  );
  await storeExport(api.test, { organizationId, meshId, clusterId });
  const { applyConfiguration } = await ask(
    'mutation ($input: ApplyConfigurationInput!) { applyConfiguration(input: $input) { release { id } rollout { id } } }',
    { meshId, message: 'first', files: [{ path: 'mtls.yaml', content: strictMtls }] },
  );
  const { planUpgrade } = await ask(
    'mutation ($input: PlanUpgradeInput!) { planUpgrade(input: $input) { upgrade { id } } }',
    { meshId, toVersion: '1.30.0' },
  );
  const { abortUpgrade } = await ask(
    'mutation ($input: AbortUpgradeInput!) { abortUpgrade(input: $input) { upgrade { id } } }',
    { upgradeId: planUpgrade.upgrade.id },
  );
  const { createWebhook } = await ask(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
    { name: 'hook', url: 'https://hooks.example.com/', meshId },
  );
  const { testWebhook } = await ask(
    'mutation ($input: TestWebhookInput!) { testWebhook(input: $input) { delivery { id event { id } } } }',
    { id: createWebhook.webhook.id },
  );
  const rowIds = await api.test.database.withOrganization(organizationId, async (tx) => [
    (await tx.joinToken.findFirstOrThrow()).id,
    (await tx.upgradeEvent.findFirstOrThrow()).id,
  ]);
  return {
    headers,
    organizationId,
    meshId,
    clusterId,
    ids: [
      organizationId,
      meshId,
      clusterId,
      createExportPolicy.exportPolicy.id,
      grantHost.hostGrant.id,
      createApiToken.apiToken.id,
      applyConfiguration.release.id,
      applyConfiguration.rollout.id,
      abortUpgrade.upgrade.id,
      createWebhook.webhook.id,
      testWebhook.delivery.id,
      testWebhook.delivery.event.id,
      `${meshId}/shop/payments`,
      ...rowIds,
    ],
  };
}

/** An id like this one, of something that does not exist. */
function absentLike(id: string): string {
  const [mesh = '', ...service] = id.split('/');
  const kind = idKindOf(mesh) as IdKind;
  return [newId(kind), ...service].join('/');
}

/** A place where an id goes: the operation, and the way to it through inputs. */
interface Place {
  readonly root: GraphQLObjectType;
  readonly field: string;
  readonly path: readonly string[];
}

function placesIn(type: GraphQLInputType, path: readonly string[], found: string[][]): void {
  const named = getNamedType(type);
  if (named.name === 'ID') found.push([...path]);
  if (!isInputObjectType(named)) return;
  for (const field of Object.values(named.getFields())) {
    placesIn(field.type, [...path, field.name], found);
  }
}

function allPlaces(): { roots: Place[]; nested: string[] } {
  const roots = [
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
  ].filter((type) => type !== null && type !== undefined);
  const places: Place[] = [];
  const nested: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      for (const argument of field.args) {
        const found: string[][] = [];
        placesIn(argument.type, [argument.name], found);
        const isRoot = roots.includes(type);
        for (const path of found) {
          if (isRoot) places.push({ root: type, field: field.name, path });
          else nested.push(`${type.name}.${field.name}`);
        }
      }
    }
  }
  return { roots: places, nested };
}

/** Something valid of ours for an input, but for the id at the path. */
function valueFor(
  type: GraphQLInputType,
  name: string,
  path: readonly string[],
  id: string,
): unknown {
  const [here, ...rest] = path;
  const isHere = here === name;
  // Optional things are left out, but for what lets a change through.
  if (getNullableType(type).toString() === 'Boolean') return true;
  if (!isNonNullType(type) && !isHere) return undefined;
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    const inner = valueFor(nullable.ofType, name, path, id);
    return inner === undefined ? [] : [inner];
  }
  if (isInputObjectType(nullable)) {
    const entries = Object.values(nullable.getFields()).map((field) => [
      field.name,
      valueFor(field.type, field.name, isHere ? rest : [], id),
    ]);
    return Object.fromEntries(entries);
  }
  if (nullable.toString() === 'ID') {
    if (isHere) return id;
    return name.startsWith('cluster') ? ours.clusterId : ours.meshId;
  }
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name;
  if (name === 'url') return 'https://hooks.example.com/';
  return nullable.toString() === 'DateTime'
    ? new Date(Date.now() + 3_600_000).toISOString()
    : 'probe';
}

function operationFor({ root, field, path }: Place, id: string) {
  const kind = root.name.toLowerCase();
  const { args, type } = root.getFields()[field] ?? { args: [], type: undefined };
  const declared = args.map((argument) => `$${argument.name}: ${argument.type}`).join(', ');
  const passed = args.map(({ name }) => `${name}: $${name}`).join(', ');
  const variables = Object.fromEntries(
    args.map((argument) => [argument.name, valueFor(argument.type, argument.name, path, id)]),
  );
  const selection = type && isObjectType(getNamedType(type)) ? '{ __typename }' : '{ id }';
  return { query: `${kind} (${declared}) { ${field}(${passed}) ${selection} }`, variables };
}

/** What a tenant has, through its own eyes. */
async function stateOf({ headers, meshId, clusterId }: Tenant): Promise<string> {
  const { text } = await api.query(
    `query ($mesh: ID!, $cluster: ID!) {
       organization { name webhooks { edges { node { name url disabledAt previousUntil deliveries { edges { node { id } } } } } } apiTokens { edges { node { id name revokedAt } } } meshes { edges { node { id } } } }
       mesh(id: $mesh) { name clusters { edges { node { id status heldRemovals } } }
         exportPolicies { edges { node { id name serviceSelector { matchLabels { key } } } } }
         hostGrants { edges { node { id clusterIds } } } services { edges { node { id } } }
         releases { edges { node { id } } } events { edges { node { id } } } configuration { driftPolicy }
         rollouts { edges { node { id state } } } upgrades { edges { node { id state } } }
         upgradeSettings { requireApproval maxInFlight } }
       cluster(id: $cluster) { name status labels { key } inventory { pending } } }`,
    { mesh: meshId, cluster: clusterId },
    headers,
  );
  return text;
}

describe('ids of another tenant', () => {
  it('go nowhere but into root fields', () => {
    const { roots, nested } = allPlaces();
    expect(nested).toEqual([]);
    // Found by itself; if this falls, the search has gone blind.
    expect(roots.length).toBeGreaterThanOrEqual(18);
    expect(theirs.ids.map((id) => idKindOf(id.split('/')[0] ?? ''))).toEqual(
      expect.arrayContaining(
        Object.keys(idKinds).filter((kind) => !['meshRoot', 'signingCertificate'].includes(kind)),
      ),
    );
  });

  it('are answered as those that do not exist, to the byte, over HTTP', async () => {
    const before = await stateOf(theirs);
    expect(before).not.toContain('errors');
    for (const place of allPlaces().roots.filter(({ root }) => root.name !== 'Subscription')) {
      const ask = async (value: string): Promise<Answer> => {
        const { query, variables } = operationFor(place, value);
        return api.query(query, variables, ours.headers);
      };
      const probe = async (id: string): Promise<void> => {
        const [foreign, absent] = await Promise.all([ask(id), ask(absentLike(id))]);
        const what = `${place.field} ${place.path.join('.')} ${id}`;
        expect(`${foreign.status} ${foreign.text}`, what).toBe(`${absent.status} ${absent.text}`);
        if (place.root.name === 'Query' && place.field.startsWith('node')) {
          expect([null, [null]], what).toContainEqual(Object.values(foreign.data)[0]);
        } else {
          expect(foreign.code, `${what} ${foreign.text}`).toBe('NOT_FOUND');
        }
      };
      await Promise.all(theirs.ids.map(probe));
    }
    expect(await stateOf(theirs)).toBe(before);
  });

  it('are answered so in subscriptions too', async () => {
    const socket = await api.connect(ours.headers);
    try {
      for (const place of allPlaces().roots.filter(({ root }) => root.name === 'Subscription')) {
        for (const id of theirs.ids) {
          const ask = async (value: string): Promise<string> => {
            const { query, variables } = operationFor(place, value);
            const key = randomUUID();
            socket.subscribe(key, query, variables);
            await socket.until(() => socket.of(key).length > 0);
            return JSON.stringify(socket.of(key));
          };
          const foreign = await ask(id);
          expect(foreign).toBe(await ask(absentLike(id)));
          expect(foreign).toContain('NOT_FOUND');
        }
      }
    } finally {
      socket.close();
    }
  });

  it('are answered so in the header that names the organization', async () => {
    const ask = (id: string) =>
      api.query('{ organization { id } }', {}, { ...ours.headers, 'isthmus-organization': id });
    const foreign = await ask(theirs.organizationId);
    expect(foreign.text).toBe((await ask(newId('organization'))).text);
    expect(foreign.code).toBe('NOT_FOUND');
  });

  it('as cursors bring nothing of theirs', async () => {
    for (const after of theirs.ids) {
      const { text } = await api.query(
        `query ($after: String) { meshes(after: $after) { edges { node { id } } }
           organization { members(after: $after) { edges { node { user { id } } } } } }`,
        { after },
        ours.headers,
      );
      expect(text).not.toContain(theirs.meshId);
    }
  });
});
