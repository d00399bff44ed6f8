import { createPublicKey, X509Certificate } from 'node:crypto';
import { Facts } from '@isthmus/contracts';
import { ClusterService, keyHash, MeshService, newKeyPair, p256 } from '@isthmus/fleet';
import { newId } from '@isthmus/kernel';
import {
  advanceMesh,
  createLogger,
  LocalVault,
  startTestDatabase,
  type TestDatabase,
} from '@isthmus/platform';
import type { Actor } from '@isthmus/tenancy';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrustService } from './trust.js';

const vault = new LocalVault(Buffer.alloc(32, 7));
const newActor = (): Actor => ({
  organizationId: newId('organization'),
  kind: 'user',
  id: 'user',
  role: 'owner',
});
const actor = newActor();
const { organizationId } = actor;
const day = 24 * 3_600_000;

let test: TestDatabase;
let trust: TrustService;
let clusters: ClusterService;

beforeAll(async () => {
  test = await startTestDatabase();
  trust = new TrustService(test.database, vault, createLogger('spec', 'fatal'));
  clusters = new ClusterService(test.database);
});
afterAll(() => test.stop());

let count = 0;
function newName(): string {
  count += 1;
  return `name-${count}`;
}

async function newMesh(trustDomain = 'mesh.example'): Promise<string> {
  return (await new MeshService(test.database).create(actor, { name: newName(), trustDomain })).id;
}

async function newCluster(meshId: string): Promise<string> {
  const input = { meshId, name: newName(), network: 'network', locality: 'region' };
  return (await clusters.register(actor, input)).cluster.id;
}

async function newRequest(extensions: x509.Extension[] = []) {
  const { publicKey, privateKey } = await newKeyPair();
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=evil, O=Evil',
    keys: { publicKey, privateKey },
    signingAlgorithm: p256,
    extensions,
  });
  return {
    csr: new Uint8Array(csr.rawData),
    keyId: keyHash(csr.publicKey.rawData).toString('hex'),
    spki: Buffer.from(csr.publicKey.rawData),
  };
}

/** What the agent of a cluster asks for, in place of what it asked for before. */
async function ask(meshId: string, clusterId: string, body: Uint8Array): Promise<void> {
  await test.database.withOrganization(organizationId, async (tx) => {
    const revision = await advanceMesh(tx, meshId, 'facts');
    const key = { clusterId, type: 'SigningRequest', name: 'signing' };
    await tx.fact.deleteMany({ where: key });
    await tx.fact.create({
      data: {
        ...key,
        organizationId,
        meshId,
        version: String(revision),
        body: new Uint8Array(body),
        revision,
        since: revision,
      },
    });
  });
}

const askFor = (meshId: string, clusterId: string, request: { csr: Uint8Array; keyId: string }) =>
  ask(meshId, clusterId, Facts.SigningRequest.encode(request));

const settingsOf = (meshId: string) =>
  test.database.withOrganization(organizationId, (tx) => trust.settings(tx, meshId));

describe('the root of a mesh', () => {
  it('is made once, however many make it', async () => {
    const meshId = await newMesh();
    const made = await Promise.all(
      Array.from({ length: 10 }, () => trust.reconcile(organizationId, meshId)),
    );
    expect(made.reduce((sum, { rootsCreated }) => sum + rootsCreated, 0)).toBe(1);
    const { anchors, trustDomain } = await trust.view(actor, meshId);
    expect(trustDomain).toBe('mesh.example');
    expect(anchors).toHaveLength(1);
    const root = new X509Certificate(anchors[0]?.pem ?? '');
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.validToDate.getTime() - Date.now()).toBeGreaterThan(9 * 365 * day);
    // A cluster whose clock is an hour behind takes it.
    expect(Date.now() - root.validFromDate.getTime()).toBeGreaterThan(3_600_000);
  });

  it('rests sealed, and opens in its own row alone', async () => {
    const [meshId, otherId] = [await newMesh(), await newMesh()];
    await trust.reconcile(organizationId, meshId);
    await trust.reconcile(organizationId, otherId);
    const clusterId = await newCluster(meshId);
    await askFor(meshId, clusterId, await newRequest());
    await test.database.withOrganization(organizationId, async (tx) => {
      const [root, other] = [
        await tx.meshRoot.findFirstOrThrow({ where: { meshId } }),
        await tx.meshRoot.findFirstOrThrow({ where: { meshId: otherId } }),
      ];
      // PKCS#8 of a P-256 key names its curve.
      const curve = Buffer.from('06082a8648ce3d030107', 'hex');
      expect(Buffer.from(root.encryptedKey).includes(curve)).toBe(false);
      await tx.meshRoot.update({
        where: { id: root.id },
        data: { encryptedKey: other.encryptedKey },
      });
    });
    await expect(trust.reconcile(organizationId, meshId)).rejects.toThrow('does not open');
    expect((await settingsOf(meshId)).signing.size).toBe(0);
  });
});

describe('a signing certificate', () => {
  it('may sign for workloads and no authority, and takes nothing from the CSR but its key', async () => {
    const meshId = await newMesh();
    const clusterId = await newCluster(meshId);
    const request = await newRequest();
    await askFor(meshId, clusterId, request);
    expect(await trust.reconcile(organizationId, meshId)).toEqual({ rootsCreated: 1, signed: 1 });
    const { anchors, signing } = await settingsOf(meshId);
    const issued = signing.get(clusterId);
    const certificate = new x509.X509Certificate(issued?.certificate ?? '');
    const root = new X509Certificate(anchors[0] ?? '');
    const leaf = new X509Certificate(issued?.certificate ?? '');
    expect(leaf.verify(root.publicKey) && leaf.checkIssued(root)).toBe(true);
    expect(
      leaf.publicKey.equals(createPublicKey({ key: request.spki, format: 'der', type: 'spki' })),
    ).toBe(true);
    expect(certificate.getExtension(x509.BasicConstraintsExtension)).toMatchObject({
      ca: true,
      pathLength: 0,
      critical: true,
    });
    expect(certificate.getExtension(x509.KeyUsagesExtension)?.usages).toBe(
      x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    );
    expect(certificate.getExtension(x509.SubjectAlternativeNameExtension)).toBeNull();
    expect(certificate.subject).not.toContain('vil');
    expect(issued?.keyId).toBe(request.keyId);
  });

  it('is made once for a key, however many make it', async () => {
    const meshId = await newMesh();
    await trust.reconcile(organizationId, meshId);
    const clusterId = await newCluster(meshId);
    await askFor(meshId, clusterId, await newRequest());
    const made = await Promise.all(
      Array.from({ length: 8 }, () => trust.reconcile(organizationId, meshId)),
    );
    expect(made.reduce((sum, { signed }) => sum + signed, 0)).toBe(1);
  });

  it('is followed by one for the next key, well before its end', async () => {
    const meshId = await newMesh();
    const clusterId = await newCluster(meshId);
    const [first, second] = [await newRequest(), await newRequest()];
    await askFor(meshId, clusterId, first);
    await trust.reconcile(organizationId, meshId);
    const [before] = (await trust.view(actor, meshId)).signingCertificates;
    expect(before?.keyId).toBe(first.keyId);
    const left = (before?.notAfter.getTime() ?? 0) - (before?.renewAt.getTime() ?? 0);
    expect(left).toBeGreaterThan(29 * day);
    await askFor(meshId, clusterId, second);
    await trust.reconcile(organizationId, meshId);
    const view = await trust.view(actor, meshId);
    expect(view.signingCertificates).toMatchObject([{ clusterId, keyId: second.keyId }]);
    expect((await settingsOf(meshId)).signing.get(clusterId)?.keyId).toBe(second.keyId);
  });

  it('is refused for what is no request, and the others get theirs', async () => {
    const meshId = await newMesh();
    const [broken, liar, climber, honest] = [
      await newCluster(meshId),
      await newCluster(meshId),
      await newCluster(meshId),
      await newCluster(meshId),
    ];
    await ask(meshId, broken, Buffer.from('ffff', 'hex'));
    await askFor(meshId, liar, { ...(await newRequest()), keyId: (await newRequest()).keyId });
    const authority = new x509.BasicConstraintsExtension(true, 5, true);
    await askFor(meshId, climber, await newRequest([authority]));
    await askFor(meshId, honest, await newRequest());
    expect(await trust.reconcile(organizationId, meshId)).toMatchObject({ signed: 1 });
    expect([...(await settingsOf(meshId)).signing.keys()]).toEqual([honest]);
  });

  it('is not made for a cluster that is removed or locked', async () => {
    const meshId = await newMesh();
    const [removed, locked] = [await newCluster(meshId), await newCluster(meshId)];
    for (const clusterId of [removed, locked]) await askFor(meshId, clusterId, await newRequest());
    await clusters.remove(actor, removed);
    await test.database.withOrganization(
      organizationId,
      (tx) => tx.$executeRaw`UPDATE cluster SET locked_at = now() WHERE id = ${locked}`,
    );
    expect(await trust.reconcile(organizationId, meshId)).toMatchObject({ signed: 0 });
  });

  it('is nobody else’s to see or to ask for', async () => {
    const meshId = await newMesh();
    const clusterId = await newCluster(meshId);
    await askFor(meshId, clusterId, await newRequest());
    const mallory = newActor();
    expect(await trust.reconcile(mallory.organizationId, meshId)).toEqual({
      rootsCreated: 0,
      signed: 0,
    });
    await expect(trust.view(mallory, meshId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
