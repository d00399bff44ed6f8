import { X509Certificate } from 'node:crypto';
import { type Clock, newId } from '@isthmus/kernel';
import { LocalVault, startTestDatabase, type TestDatabase } from '@isthmus/platform';
import type { Actor } from '@isthmus/tenancy';
import * as x509 from '@peculiar/x509';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentAuthority } from './authority.js';
import { ClusterService } from './clusters.js';
import { EnrolmentService, type IssuedIdentity } from './enrolment.js';
import { JoiningService } from './joining-records.js';
import { MeshService } from './meshes.js';
import { newKeyPair, newSerial, p256 } from './pki.js';

const silent = pino({ level: 'silent' });
const vault = new LocalVault(Buffer.alloc(32, 7));
const hour = 3_600_000;
const actor: Actor = {
  organizationId: newId('organization'),
  kind: 'user',
  id: 'user',
  role: 'owner',
};

/** The hub's own clock: certificates end by it. */
const clock = {
  offset: 0,
  now: () => new Date(Date.now() + clock.offset),
} satisfies Clock & { offset: number };

let test: TestDatabase;
let authority: AgentAuthority;
let clusters: ClusterService;
let enrolment: EnrolmentService;
let meshId: string;

beforeAll(async () => {
  test = await startTestDatabase();
  authority = new AgentAuthority(test.database, vault);
  clusters = new ClusterService(test.database);
  enrolment = new EnrolmentService(test.database, authority, clock, silent);
  meshId = (await new MeshService(test.database).create(actor, { name: 'mesh' })).id;
});
afterAll(() => test.stop());

let count = 0;
async function register(): Promise<{ clusterId: string; token: string }> {
  count += 1;
  const { cluster, joinToken } = await clusters.register(actor, {
    meshId,
    name: `cluster-${count}`,
    network: 'network',
    locality: 'region/zone',
  });
  return { clusterId: cluster.id, token: joinToken.secret };
}

async function newCsr(
  input: { name?: string; extensions?: x509.Extension[] } = {},
): Promise<{ csr: Uint8Array; publicKey: Buffer }> {
  const { publicKey, privateKey } = await newKeyPair();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys: { publicKey, privateKey },
    signingAlgorithm: p256,
    ...input,
  });
  return {
    csr: new Uint8Array(request.rawData),
    publicKey: Buffer.from(request.publicKey.rawData),
  };
}

const derOf = (issued: IssuedIdentity) => new X509Certificate(issued.certificateChain).raw;
const identityOf = ({ organizationId, meshId, clusterId, serial }: IssuedIdentity) => ({
  organizationId,
  meshId,
  clusterId,
  serial,
});
const enrol = async (token: string) => enrolment.enrol(token, (await newCsr()).csr);
const renew = async (der: Uint8Array) => enrolment.renew(der, (await newCsr()).csr);

/** A cluster whose agent has joined. */
async function joined(): Promise<{ clusterId: string; token: string; issued: IssuedIdentity }> {
  const cluster = await register();
  return { ...cluster, issued: await enrol(cluster.token) };
}

const freshToken = async (clusterId: string) =>
  (await clusters.issueJoinToken(actor, clusterId)).secret;

/** What time, a fault or an operator does to the rows. */
async function sql(statement: string, ...values: string[]): Promise<void> {
  const changed = await test.database.withOrganization(actor.organizationId, (tx) =>
    tx.$executeRawUnsafe(statement, ...values),
  );
  expect(changed).toBe(1);
}

const activeSerial = (clusterId: string) =>
  test.database.withOrganization(
    actor.organizationId,
    async (tx) =>
      (await tx.cluster.findUniqueOrThrow({ where: { id: clusterId } })).activeSerial ?? undefined,
  );
const certificateCount = (clusterId: string) =>
  test.database.withOrganization(actor.organizationId, (tx) =>
    tx.agentCertificate.count({ where: { clusterId } }),
  );

describe('a join token', () => {
  it('is exchanged for an identity, of which nothing but the key is the CSR’s', async () => {
    const { clusterId, token } = await register();
    const { csr, publicKey } = await newCsr({
      name: 'CN=evil, O=evil',
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: 'url', value: 'spiffe://isthmus/organization/evil' },
          { type: 'dns', value: 'evil.example' },
        ]),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      ],
    });
    const before = Date.now();
    const issued = await enrolment.enrol(token, csr);
    const certificate = new X509Certificate(issued.certificateChain);
    const ca = new X509Certificate(issued.hubCa);
    expect(issued.hubCa).toBe(await authority.caCertificate());
    expect(identityOf(issued)).toEqual({
      organizationId: actor.organizationId,
      meshId,
      clusterId,
      serial: certificate.serialNumber.toLowerCase(),
    });
    expect(certificate.publicKey.export({ type: 'spki', format: 'der' })).toEqual(publicKey);
    expect(certificate.subject).toBe('CN=isthmus-agent');
    expect(certificate.subjectAltName).toBe(
      `URI:spiffe://isthmus/organization/${actor.organizationId}/mesh/${meshId}/cluster/${clusterId}`,
    );
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(
      new x509.X509Certificate(certificate.raw).getExtension(x509.KeyUsagesExtension)?.usages,
    ).toBe(x509.KeyUsageFlags.digitalSignature);
    expect(certificate.raw.includes('evil')).toBe(false);
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(new Date(certificate.validFrom)).toEqual(issued.notBefore);
    expect(new Date(certificate.validTo)).toEqual(issued.notAfter);
    expect(Math.abs(issued.notBefore.getTime() - (before - 2 * hour))).toBeLessThan(60_000);
    expect(Math.abs(issued.notAfter.getTime() - (before + 24 * hour))).toBeLessThan(60_000);
    expect(await enrolment.authenticate(certificate.raw)).toEqual(identityOf(issued));
  });

  it('is not burned by a CSR that is refused', async () => {
    const { token } = await register();
    await expect(enrolment.enrol(token, new Uint8Array())).rejects.toMatchObject({
      code: 'CSR_MALFORMED',
    });
    await expect(enrol(token)).resolves.toBeDefined();
  });

  it('is refused if it is unknown, altered or none', async () => {
    const { token } = await register();
    const end = token.endsWith('A') ? 'B' : 'A';
    const stranger = newId('organization').slice(4);
    const wrong = [
      '',
      'isthmus_join_',
      token.slice(0, -1),
      `${token}A`,
      ` ${token}`,
      `${token}\n`,
      token.toUpperCase(),
      `${token.slice(0, -1)}${end}`,
      token.replace(actor.organizationId.slice(4), stranger),
      `isthmus_join_${actor.organizationId.slice(4)}_${'\0'.repeat(43)}`,
    ];
    for (const each of wrong) {
      await expect(enrol(each), JSON.stringify(each)).rejects.toMatchObject({
        code: 'JOIN_TOKEN_INVALID',
      });
    }
    await expect(enrol(token)).resolves.toBeDefined();
  });

  it('expires by the clock of the database', async () => {
    const { clusterId, token } = await register();
    await sql(
      "UPDATE join_token SET expires_at = now() - interval '1 second' WHERE cluster_id = $1",
      clusterId,
    );
    await expect(enrol(token)).rejects.toMatchObject({ code: 'JOIN_TOKEN_EXPIRED' });
    await sql(
      "UPDATE join_token SET expires_at = now() + interval '1 minute' WHERE cluster_id = $1",
      clusterId,
    );
    clock.offset = 100 * hour;
    try {
      await expect(enrol(token)).resolves.toBeDefined();
    } finally {
      clock.offset = 0;
    }
  });

  it('gives the same key the same certificate for 10 minutes, and another key nothing', async () => {
    const { clusterId, token } = await register();
    const { csr } = await newCsr();
    const first = await enrolment.enrol(token, csr);
    expect(await enrolment.enrol(token, csr)).toEqual(first);
    await expect(enrol(token)).rejects.toMatchObject({ code: 'JOIN_TOKEN_USED' });
    await sql(
      "UPDATE join_token SET used_at = now() - interval '599 seconds', expires_at = now() - interval '1 second' WHERE cluster_id = $1",
      clusterId,
    );
    expect(await enrolment.enrol(token, csr)).toEqual(first);
    expect(await certificateCount(clusterId)).toBe(1);
    await sql(
      "UPDATE join_token SET used_at = now() - interval '600 seconds' WHERE cluster_id = $1",
      clusterId,
    );
    await expect(enrolment.enrol(token, csr)).rejects.toMatchObject({ code: 'JOIN_TOKEN_USED' });
    expect(await enrolment.authenticate(derOf(first))).toEqual(identityOf(first));
  });

  it('gives the same key nothing once its certificate is void', async () => {
    const { clusterId, token } = await register();
    const { csr } = await newCsr();
    await enrolment.enrol(token, csr);
    await enrol(await freshToken(clusterId));
    await expect(enrolment.enrol(token, csr)).rejects.toMatchObject({ code: 'JOIN_TOKEN_USED' });
  });

  it('is won by exactly one of 100 keys that race for it', async () => {
    const { clusterId, token } = await register();
    const requests = await Promise.all(Array.from({ length: 100 }, () => newCsr()));
    const outcomes = await Promise.allSettled(
      requests.map(({ csr }) => enrolment.enrol(token, csr)),
    );
    const won = outcomes.filter((each) => each.status === 'fulfilled');
    const lost = outcomes.filter((each) => each.status === 'rejected');
    expect(won).toHaveLength(1);
    expect(lost.map(({ reason }) => reason.code)).toEqual(Array(99).fill('JOIN_TOKEN_USED'));
    expect(await certificateCount(clusterId)).toBe(1);
    expect(await activeSerial(clusterId)).toBe(won[0]?.value.serial);
  });

  it('gives one key that asks 10 times at once one certificate', async () => {
    const { clusterId, token } = await register();
    const { csr } = await newCsr();
    const issued = await Promise.all(Array.from({ length: 10 }, () => enrolment.enrol(token, csr)));
    expect(new Set(issued.map(({ certificateChain }) => certificateChain)).size).toBe(1);
    expect(await certificateCount(clusterId)).toBe(1);
  });

  it('is void once its cluster is removed, used or not', async () => {
    const unused = await register();
    await clusters.remove(actor, unused.clusterId);
    await expect(enrol(unused.token)).rejects.toMatchObject({ code: 'JOIN_TOKEN_INVALID' });
    const { clusterId, token } = await register();
    const { csr } = await newCsr();
    await enrolment.enrol(token, csr);
    await clusters.remove(actor, clusterId);
    await expect(enrolment.enrol(token, csr)).rejects.toMatchObject({ code: 'CLUSTER_REMOVED' });
    await expect(clusters.issueJoinToken(actor, clusterId)).rejects.toMatchObject({
      code: 'CLUSTER_REMOVED',
    });
  });

  it('lets nobody into a locked cluster, and is not burned by trying', async () => {
    const { clusterId, issued } = await joined();
    const token = await freshToken(clusterId);
    await enrolment.lock(identityOf(issued), 'it looks odd');
    await expect(enrol(token)).rejects.toMatchObject({
      code: 'CLUSTER_LOCKED',
      message: expect.stringContaining('it looks odd'),
    });
    await clusters.unlock(actor, clusterId);
    await expect(enrol(token)).resolves.toMatchObject({ clusterId });
  });

  it('voids older unused ones of its cluster', async () => {
    const { clusterId, token } = await register();
    const fresh = await freshToken(clusterId);
    await expect(enrol(token)).rejects.toMatchObject({ code: 'JOIN_TOKEN_INVALID' });
    await expect(enrol(fresh)).resolves.toMatchObject({ clusterId });
  });

  it('replaces the identity of a cluster that has joined already', async () => {
    const { clusterId, issued } = await joined();
    const unusedRenewal = await renew(derOf(issued));
    const again = await enrol(await freshToken(clusterId));
    expect(await activeSerial(clusterId)).toBe(again.serial);
    expect(await enrolment.authenticate(derOf(again))).toEqual(identityOf(again));
    for (const void_ of [issued, unusedRenewal]) {
      await expect(enrolment.authenticate(derOf(void_))).rejects.toMatchObject({
        code: 'IDENTITY_REVOKED',
        message: expect.stringContaining('joined anew'),
      });
    }
    // That was the honest agent's old disk, perhaps: no reason to lock anybody out.
    expect(await enrolment.authenticate(derOf(again))).toEqual(identityOf(again));
  });

  it('leaves one identity when two tokens of a cluster are used at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { clusterId, token } = await register();
      const other = await register();
      await sql(
        'UPDATE join_token SET cluster_id = $2 WHERE cluster_id = $1',
        other.clusterId,
        clusterId,
      );
      const both = await Promise.all([enrol(token), enrol(other.token)]);
      const active = await activeSerial(clusterId);
      for (const each of both) {
        const answer = enrolment.authenticate(derOf(each));
        if (each.serial === active) expect(await answer).toEqual(identityOf(each));
        else await expect(answer).rejects.toMatchObject({ code: 'IDENTITY_REVOKED' });
      }
    }
  });

  it('is neither stuck nor left behind when its cluster is removed meanwhile', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { clusterId, token } = await register();
      const [outcome, removal] = await Promise.allSettled([
        enrol(token),
        clusters.remove(actor, clusterId),
      ]);
      expect(removal).toMatchObject({ status: 'fulfilled', value: { status: 'REMOVED' } });
      if (outcome.status === 'fulfilled') {
        await expect(enrolment.authenticate(derOf(outcome.value))).rejects.toMatchObject({
          code: 'CLUSTER_REMOVED',
        });
      } else {
        expect(['JOIN_TOKEN_INVALID', 'CLUSTER_REMOVED']).toContain(outcome.reason.code);
      }
      expect(await activeSerial(clusterId)).toBeUndefined();
    }
  });
});

describe('authenticate', () => {
  const refused = (certificate: Uint8Array | undefined, code: string) =>
    expect(enrolment.authenticate(certificate)).rejects.toMatchObject({ code });

  /** A certificate that could pass for an agent's, but for what is changed. */
  async function forge(
    issued: IssuedIdentity,
    input: { names?: x509.JsonGeneralNames; issuer?: 'self' | 'namesake' | 'ours' } = {},
  ): Promise<Uint8Array> {
    const real = new x509.X509Certificate(await authority.caCertificate());
    const keys = await newKeyPair();
    const namesake = await newKeyPair();
    const issuer = input.issuer ?? 'ours';
    const signers = {
      self: () => keys.privateKey,
      namesake: () => namesake.privateKey,
      ours: async () => {
        const row = await test.database.untenanted.platformKey.findUniqueOrThrow({
          where: { kind: 'agent-authority' },
        });
        const pkcs8 = await vault.open(row.encryptedKey, 'platformKey:agent-authority');
        return crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), p256, false, ['sign']);
      },
    };
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: issued.serial,
      issuer: real.subjectName,
      subject: issuer === 'self' ? real.subject : 'CN=isthmus-agent',
      notBefore: issued.notBefore,
      notAfter: issued.notAfter,
      publicKey: keys.publicKey,
      signingKey: await signers[issuer](),
      signingAlgorithm: p256,
      extensions: [
        new x509.SubjectAlternativeNameExtension(
          input.names ?? [{ type: 'url', value: uriOf(issued) }],
        ),
        await x509.AuthorityKeyIdentifierExtension.create(real),
      ],
    });
    return new Uint8Array(certificate.rawData);
  }

  const uriOf = (issued: IssuedIdentity) =>
    `spiffe://isthmus/organization/${issued.organizationId}/mesh/${issued.meshId}/cluster/${issued.clusterId}`;

  it('refuses who shows nothing, or what is no certificate', async () => {
    await refused(undefined, 'IDENTITY_MISSING');
    const { issued } = await joined();
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('garbage'),
      derOf(issued).subarray(0, -1),
      Buffer.alloc(4096, 0x30),
    ]) {
      await refused(bytes, 'IDENTITY_UNTRUSTED');
    }
  });

  it('refuses what our authority has not signed, whatever its name', async () => {
    const { issued } = await joined();
    await refused(await forge(issued, { issuer: 'self' }), 'IDENTITY_UNTRUSTED');
    await refused(await forge(issued, { issuer: 'namesake' }), 'IDENTITY_UNTRUSTED');
    // The same by our authority's key is taken: nothing but the signature was wrong.
    expect(await enrolment.authenticate(await forge(issued))).toEqual(identityOf(issued));
  });

  it('refuses what our authority has signed for somebody who is no agent', async () => {
    const ca = new X509Certificate(await authority.caCertificate());
    await refused(ca.raw, 'IDENTITY_UNTRUSTED');
    const hub = await authority.issueServerCertificate(['localhost']);
    await refused(new X509Certificate(hub.certificate).raw, 'IDENTITY_UNTRUSTED');
  });

  it('refuses an altered certificate, whichever byte it is', async () => {
    const { clusterId, issued } = await joined();
    const der = derOf(issued);
    for (let position = 0; position < der.length; position += 1) {
      const altered = Buffer.from(der);
      altered.writeUInt8(altered.readUInt8(position) ^ 0x01, position);
      await refused(altered, 'IDENTITY_UNTRUSTED');
    }
    expect(await activeSerial(clusterId)).toBe(issued.serial);
  });

  it('compares the name whole', async () => {
    const { issued } = await joined();
    const uri = uriOf(issued);
    const { organizationId, clusterId } = issued;
    const url = (...values: string[]) => values.map((value) => ({ type: 'url' as const, value }));
    const alike: x509.JsonGeneralNames[] = [
      url(`${uri}-evil`),
      url(`${uri}0`),
      url(`${uri}/`),
      url(`${uri}/x`),
      url(`${uri}?x`),
      url(`${uri}#x`),
      url(`${uri},URI:${uri}`),
      url(`x${uri}`),
      url(uri.slice(0, -1)),
      url(uri.replace('cluster_', 'CLUSTER_')),
      url(uri.replace('spiffe://isthmus/', 'spiffe://isthmus.evil/')),
      url(uri.replace('spiffe:', 'SPIFFE:')),
      url(uri.replace('/cluster/', '/cluster//')),
      url(uri.replace(clusterId, `${clusterId}\n`)),
      url(uri.replace(clusterId, organizationId)),
      url(uri, uri),
      url(uri, 'spiffe://other'),
      url('spiffe://other', uri),
      [...url(uri), { type: 'dns', value: 'hub.example' }],
      [{ type: 'dns', value: 'hub.example' }, ...url(uri)],
      [{ type: 'dns', value: uri }],
      [{ type: 'email', value: 'a@example.com' }],
    ];
    for (const names of alike) {
      const certificate = await forge(issued, { names });
      await expect(
        enrolment.authenticate(certificate),
        JSON.stringify(names),
      ).rejects.toMatchObject({ code: 'IDENTITY_UNTRUSTED' });
    }
  });

  it('refuses a serial under the name of another cluster, mesh or organization', async () => {
    const [{ issued }, other] = [await joined(), await joined()];
    const names = [
      uriOf({ ...issued, clusterId: other.clusterId }),
      uriOf({ ...issued, clusterId: newId('cluster') }),
      uriOf({ ...issued, meshId: newId('mesh') }),
      uriOf({ ...issued, organizationId: newId('organization') }),
    ];
    for (const value of names) {
      await refused(await forge(issued, { names: [{ type: 'url', value }] }), 'IDENTITY_UNTRUSTED');
    }
    await refused(await forge({ ...issued, serial: newSerial() }), 'IDENTITY_UNTRUSTED');
  });

  it('refuses a certificate that has ended', async () => {
    const { clusterId, issued } = await joined();
    try {
      clock.offset = issued.notAfter.getTime() - Date.now() - 60_000;
      expect(await enrolment.authenticate(derOf(issued))).toEqual(identityOf(issued));
      clock.offset += 61_000;
      await refused(derOf(issued), 'IDENTITY_EXPIRED');
    } finally {
      clock.offset = 0;
    }
    expect((await clusters.get(actor, clusterId)).status).toBe('PENDING');
  });

  it('refuses a revoked certificate, and one of a removed or a locked cluster', async () => {
    const revoked = await joined();
    await sql(
      "UPDATE agent_certificate SET revoked_at = now(), revoked_reason = 'stolen' WHERE serial = $1",
      revoked.issued.serial,
    );
    await expect(enrolment.authenticate(derOf(revoked.issued))).rejects.toMatchObject({
      code: 'IDENTITY_REVOKED',
      message: expect.stringContaining('stolen'),
    });
    const removed = await joined();
    await clusters.remove(actor, removed.clusterId);
    await refused(derOf(removed.issued), 'CLUSTER_REMOVED');
    const locked = await joined();
    await enrolment.lock(identityOf(locked.issued), 'it looks odd');
    await refused(derOf(locked.issued), 'CLUSTER_LOCKED');
  });

  it('goes on when the database is back', async () => {
    const { issued } = await joined();
    let isDown = true;
    const moody = {
      caCertificate: () => (isDown ? Promise.reject(new Error('down')) : authority.caCertificate()),
    };
    const hub = new EnrolmentService(
      test.database,
      moody as unknown as AgentAuthority,
      clock,
      silent,
    );
    await expect(hub.authenticate(derOf(issued))).rejects.toThrow('down');
    isDown = false;
    expect(await hub.authenticate(derOf(issued))).toEqual(identityOf(issued));
  });
});

describe('renewal', () => {
  it('takes effect when the new certificate is first used', async () => {
    const { clusterId, issued } = await joined();
    const { csr, publicKey } = await newCsr({ name: 'CN=evil' });
    const renewed = await enrolment.renew(derOf(issued), csr);
    const certificate = new X509Certificate(renewed.certificateChain);
    expect(renewed).toMatchObject({ ...identityOf(issued), serial: expect.any(String) });
    expect(renewed.serial).not.toBe(issued.serial);
    expect(certificate.publicKey.export({ type: 'spki', format: 'der' })).toEqual(publicKey);
    expect(certificate.subjectAltName).toBe(
      new X509Certificate(issued.certificateChain).subjectAltName,
    );
    expect(await activeSerial(clusterId)).toBe(issued.serial);
    expect(await enrolment.authenticate(derOf(issued))).toEqual(identityOf(issued));
    expect(await enrolment.authenticate(derOf(renewed))).toEqual(identityOf(renewed));
    expect(await activeSerial(clusterId)).toBe(renewed.serial);
    expect(await enrolment.authenticate(derOf(renewed))).toEqual(identityOf(renewed));
  });

  it('is not harmed by answers that are lost', async () => {
    const { clusterId, issued } = await joined();
    await renew(derOf(issued));
    await renew(derOf(issued));
    const third = await renew(derOf(issued));
    expect(await enrolment.authenticate(derOf(issued))).toEqual(identityOf(issued));
    expect(await enrolment.authenticate(derOf(third))).toEqual(identityOf(third));
    const fourth = await renew(derOf(third));
    expect(await enrolment.authenticate(derOf(fourth))).toEqual(identityOf(fourth));
    expect((await clusters.get(actor, clusterId)).lockReason).toBeNull();
  });

  it('locks the cluster for both, for all to see, if the old one is shown again', async () => {
    const { clusterId, issued } = await joined();
    const renewed = await renew(derOf(issued));
    await enrolment.authenticate(derOf(renewed));
    await expect(enrolment.authenticate(derOf(issued))).rejects.toMatchObject({
      code: 'IDENTITY_SUPERSEDED',
    });
    for (const each of [issued, renewed]) {
      await expect(enrolment.authenticate(derOf(each))).rejects.toMatchObject({
        code: 'CLUSTER_LOCKED',
      });
      await expect(renew(derOf(each))).rejects.toMatchObject({ code: 'CLUSTER_LOCKED' });
      await expect(enrolment.recheck(identityOf(each))).rejects.toMatchObject({
        code: 'CLUSTER_LOCKED',
      });
    }
    expect(await clusters.get(actor, clusterId)).toMatchObject({
      status: 'LOCKED',
      lockReason: expect.stringContaining('two agents hold this identity'),
    });
    // What lets it in again is an operator and a new token, and nothing of before.
    expect(await clusters.unlock(actor, clusterId)).toMatchObject({
      status: 'PENDING',
      lockReason: null,
    });
    for (const each of [issued, renewed]) {
      await expect(enrolment.authenticate(derOf(each))).rejects.toMatchObject({
        code: 'IDENTITY_REVOKED',
      });
    }
    const again = await enrol(await freshToken(clusterId));
    expect(await enrolment.authenticate(derOf(again))).toEqual(identityOf(again));
    expect((await clusters.get(actor, clusterId)).lockReason).toBeNull();
  });

  it('locks the cluster if a second holder uses a renewal of its own', async () => {
    const { clusterId, issued } = await joined();
    const [honest, thief] = [await renew(derOf(issued)), await renew(derOf(issued))];
    await enrolment.authenticate(derOf(thief));
    await expect(enrolment.authenticate(derOf(honest))).rejects.toMatchObject({
      code: 'IDENTITY_SUPERSEDED',
    });
    expect((await clusters.get(actor, clusterId)).status).toBe('LOCKED');
  });

  it('is not mistaken for a clone when streams come at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { clusterId, issued } = await joined();
      const renewed = await renew(derOf(issued));
      const seen = await Promise.all(
        Array.from({ length: 10 }, () => enrolment.authenticate(derOf(renewed))),
      );
      expect(seen).toEqual(Array(10).fill(identityOf(renewed)));
      expect((await clusters.get(actor, clusterId)).lockReason).toBeNull();
    }
  });

  it('lets a stream of the old certificate stay until the agent closes it', async () => {
    const { clusterId, issued } = await joined();
    const renewed = await renew(derOf(issued));
    await enrolment.authenticate(derOf(renewed));
    await expect(enrolment.recheck(identityOf(issued))).resolves.toBeUndefined();
    await expect(enrolment.recheck(identityOf(renewed))).resolves.toBeUndefined();
    expect((await clusters.get(actor, clusterId)).lockReason).toBeNull();
    await clusters.remove(actor, clusterId);
    await expect(enrolment.recheck(identityOf(issued))).rejects.toMatchObject({
      code: 'CLUSTER_REMOVED',
    });
  });

  it('goes on from each certificate to the next, while the streams of the first stay', async () => {
    const { clusterId, issued } = await joined();
    let latest = issued;
    for (let round = 0; round < 4; round += 1) {
      latest = await renew(derOf(latest));
      await expect(enrolment.recheck(identityOf(issued))).resolves.toBeUndefined();
    }
    expect(await enrolment.authenticate(derOf(latest))).toEqual(identityOf(latest));
    expect((await clusters.get(actor, clusterId)).lockReason).toBeNull();
  });

  it('is given to the certificate in use alone', async () => {
    const { clusterId, issued } = await joined();
    const again = await enrol(await freshToken(clusterId));
    await expect(renew(derOf(issued))).rejects.toMatchObject({ code: 'IDENTITY_REVOKED' });
    await expect(enrolment.recheck(identityOf(issued))).rejects.toMatchObject({
      code: 'IDENTITY_REVOKED',
    });
    await clusters.remove(actor, clusterId);
    await expect(renew(derOf(again))).rejects.toMatchObject({ code: 'CLUSTER_REMOVED' });
  });

  it('recovers once from an expired certificate, for its own key, and is counted', async () => {
    const { csr } = await newCsr();
    const { clusterId, token } = await register();
    const issued = await enrolment.enrol(token, csr);
    await sql(
      "UPDATE agent_certificate SET not_after = now() - interval '7 days' WHERE serial = $1",
      issued.serial,
    );
    try {
      clock.offset = issued.notAfter.getTime() - Date.now() + 7 * 24 * 3_600_000;
      await expect(enrolment.authenticate(derOf(issued))).rejects.toMatchObject({
        code: 'IDENTITY_EXPIRED',
      });
      await expect(renew(derOf(issued))).rejects.toMatchObject({ code: 'IDENTITY_EXPIRED' });
      const recovered = await enrolment.renew(derOf(issued), csr);
      clock.offset = 0;
      expect(await enrolment.authenticate(derOf(recovered))).toEqual(identityOf(recovered));
      expect((await clusters.get(actor, clusterId)).recoveries).toBe(1);
      // The successor is in use now: whoever still has the old one is somebody else.
      clock.offset = issued.notAfter.getTime() - Date.now() + 7 * 24 * 3_600_000;
      await expect(enrolment.renew(derOf(issued), csr)).rejects.toMatchObject({
        code: 'IDENTITY_SUPERSEDED',
      });
      clock.offset = issued.notAfter.getTime() - Date.now() + 31 * 24 * 3_600_000;
      await expect(enrolment.renew(derOf(issued), csr)).rejects.toMatchObject({
        code: 'IDENTITY_EXPIRED',
      });
    } finally {
      clock.offset = 0;
    }
    expect((await clusters.get(actor, clusterId)).status).toBe('LOCKED');
  });

  it('does not take a certificate for a clone’s that a new join voids just now', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { clusterId, issued } = await joined();
      const token = await freshToken(clusterId);
      const shown = round % 2 === 0 ? issued : await renew(derOf(issued));
      const [again] = await Promise.all([
        enrol(token),
        ...Array.from({ length: 6 }, () => enrolment.authenticate(derOf(shown)).catch(() => {})),
      ]);
      await enrolment.lock(identityOf(shown), 'found out too late');
      expect((await clusters.get(actor, clusterId)).lockReason).toBeNull();
      expect(await enrolment.authenticate(derOf(again))).toEqual(identityOf(again));
    }
  });
});

describe('an attempt to join', () => {
  const recordOf = async (clusterId: string) => {
    const [record] = await new JoiningService(test.database).records(actor, [clusterId]);
    return record;
  };
  const remarks = (skewMs = 0) => ({ version: '1.2.3', clock: Date.now() + skewMs });
  /** Until the database has the time, some of it goes by. */
  const about = (seconds: number) => expect.closeTo(seconds, -1.5);
  /** As if the last attempt were so long ago. */
  const wait = (clusterId: string, seconds: number) =>
    sql(
      `UPDATE cluster SET attempted_at = attempted_at - interval '${seconds} s' WHERE id = $1`,
      clusterId,
    );
  const revision = async () =>
    (await test.database.untenanted.meshClock.findUniqueOrThrow({ where: { meshId } })).revision;

  it('is recorded with the cluster: when, by whom, and that it was let in', async () => {
    const { clusterId, token } = await register();
    expect(await recordOf(clusterId)).toMatchObject({
      status: 'PENDING',
      attempt: null,
      clockSkew: null,
      certificate: null,
      joinedAt: null,
      token: { usedAt: null },
    });
    const issued = await enrolment.enrol(token, (await newCsr()).csr, remarks(-600_000));
    const record = await recordOf(clusterId);
    expect(record).toMatchObject({
      attempt: { code: null, version: '1.2.3' },
      certificate: { notAfter: issued.notAfter },
    });
    expect(record?.clockSkew).toEqual(about(-600));
    expect(record?.joinedAt).toEqual(record?.token?.usedAt);
    expect(record?.joinedAt).toBeInstanceOf(Date);
    expect(record?.attempt?.at).toBeInstanceOf(Date);
  });

  it('that was refused is recorded with why, and rings', async () => {
    const used = await joined();
    await wait(used.clusterId, 5);
    const before = await revision();
    await expect(
      enrolment.enrol(used.token, (await newCsr()).csr, remarks()),
    ).rejects.toMatchObject({ code: 'JOIN_TOKEN_USED' });
    const record = await recordOf(used.clusterId);
    expect(record).toMatchObject({ attempt: { code: 'JOIN_TOKEN_USED', version: '1.2.3' } });
    expect(record?.clockSkew).toEqual(about(0));
    expect(await revision()).toBe(before + 1n);

    const other = await register();
    await expect(enrolment.enrol(other.token, new Uint8Array())).rejects.toMatchObject({
      code: 'CSR_MALFORMED',
    });
    expect(await recordOf(other.clusterId)).toMatchObject({
      attempt: { code: 'CSR_MALFORMED', version: null },
      clockSkew: null,
    });
    await sql(`UPDATE join_token SET expires_at = now() WHERE cluster_id = $1`, other.clusterId);
    await wait(other.clusterId, 5);
    await expect(enrol(other.token)).rejects.toMatchObject({ code: 'JOIN_TOKEN_EXPIRED' });
    expect(await recordOf(other.clusterId)).toMatchObject({
      attempt: { code: 'JOIN_TOKEN_EXPIRED' },
    });
  });

  it('that follows at once is not, so that nobody writes without end', async () => {
    const { clusterId, token } = await register();
    await expect(enrolment.enrol(token, new Uint8Array())).rejects.toThrow();
    // However slow the machine is.
    await wait(clusterId, -60);
    const first = await recordOf(clusterId);
    const before = await revision();
    const again = () => enrolment.enrol(token, new Uint8Array([1]), remarks());
    await Promise.all(Array.from({ length: 20 }, () => expect(again()).rejects.toThrow()));
    expect((await recordOf(clusterId))?.attempt).toEqual(first?.attempt);
    expect(await revision()).toBe(before);
    await enrol(token);
    expect(await recordOf(clusterId)).toMatchObject({ attempt: { code: null } });
  });

  it('with a token that is none of ours is recorded nowhere', async () => {
    const { token } = await register();
    const before = await revision();
    const other = `${token.slice(0, -3)}${token.endsWith('aaa') ? 'bbb' : 'aaa'}`;
    await expect(enrol(other)).rejects.toMatchObject({ code: 'JOIN_TOKEN_INVALID' });
    expect(await revision()).toBe(before);
  });

  it('has nothing in it but what may be: a version, and seconds within bounds', async () => {
    const { clusterId, token } = await register();
    for (const version of ['\0', "1'; --", 'v'.repeat(65), '']) {
      await expect(
        enrolment.enrol(token, new Uint8Array(), { version, clock: Number.MAX_SAFE_INTEGER }),
      ).rejects.toMatchObject({ code: 'CSR_MALFORMED' });
      expect(await recordOf(clusterId)).toMatchObject({
        attempt: { version: null },
        clockSkew: 315_360_000,
      });
      await wait(clusterId, 5);
    }
    await expect(
      enrolment.enrol(token, new Uint8Array(), { version: '', clock: -1e15 }),
    ).rejects.toThrow();
    expect((await recordOf(clusterId))?.clockSkew).toBe(-315_360_000);
  });

  it('is corrected by the clock that a renewal tells', async () => {
    const { clusterId, token } = await register();
    const issued = await enrolment.enrol(token, (await newCsr()).csr, remarks(3_600_000));
    expect((await recordOf(clusterId))?.clockSkew).toEqual(about(3600));
    await enrolment.renew(derOf(issued), (await newCsr()).csr, remarks(60_000));
    expect((await recordOf(clusterId))?.clockSkew).toEqual(about(60));
  });

  it('is not blamed for a clock of the hub that is off', async () => {
    const { clusterId, token } = await register();
    clock.offset = -5 * hour;
    try {
      await enrolment.enrol(token, (await newCsr()).csr, remarks());
    } finally {
      clock.offset = 0;
    }
    expect((await recordOf(clusterId))?.clockSkew).toEqual(about(0));
  });

  it('is read for many clusters at once, of one’s own alone', async () => {
    const [a, b] = [await register(), await joined()];
    await freshToken(b.clusterId);
    const ids = [b.clusterId, newId('cluster'), a.clusterId, 'nonsense'];
    const service = new JoiningService(test.database);
    const records = await service.records(actor, ids);
    expect(records.map((record) => record?.clusterId)).toEqual([
      b.clusterId,
      undefined,
      a.clusterId,
      undefined,
    ]);
    expect(records[0]).toMatchObject({ token: { usedAt: null }, joinedAt: expect.any(Date) });
    const stranger: Actor = { ...actor, organizationId: newId('organization') };
    expect(await service.records(stranger, ids)).toEqual(ids.map(() => undefined));
  });
});
