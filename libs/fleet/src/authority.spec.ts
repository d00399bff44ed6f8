import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type PeerCertificate, type TLSSocket } from 'node:tls';
import { newId, systemClock } from '@isthmus/kernel';
import { LocalVault, startTestDatabase, type TestDatabase } from '@isthmus/platform';
import * as x509 from '@peculiar/x509';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentAuthority } from './authority.js';
import { ClusterService } from './clusters.js';
import { EnrolmentService } from './enrolment.js';
import { MeshService } from './meshes.js';
import { newKeyPair, p256, privateKeyPem } from './pki.js';

let test: TestDatabase;
const vault = new LocalVault(Buffer.alloc(32, 7));

beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.stop());

describe('AgentAuthority', () => {
  it('is made once, whoever comes first', async () => {
    const instances = Array.from({ length: 10 }, () => new AgentAuthority(test.database, vault));
    const certificates = await Promise.all(instances.map((each) => each.caCertificate()));
    expect(new Set(certificates).size).toBe(1);
    expect(await test.database.untenanted.platformKey.count()).toBe(1);
    // Each holds the key of the certificate it shows, the nine that came too late as well.
    const [first = ''] = certificates;
    const ca = new x509.X509Certificate(first);
    for (const instance of instances) {
      const { certificate } = await instance.issueServerCertificate(['localhost']);
      expect(await new x509.X509Certificate(certificate).verify({ publicKey: ca.publicKey })).toBe(
        true,
      );
    }
  });

  it('keeps its key sealed, for itself alone', async () => {
    await new AgentAuthority(test.database, vault).caCertificate();
    const row = await test.database.untenanted.platformKey.findUniqueOrThrow({
      where: { kind: 'agent-authority' },
    });
    const pkcs8 = await vault.open(row.encryptedKey, 'platformKey:agent-authority');
    const stored = Buffer.from(row.encryptedKey);
    expect(stored.includes(pkcs8)).toBe(false);
    expect(stored.toString('latin1')).not.toContain('PRIVATE KEY');
    expect(row.certificate).not.toContain('PRIVATE KEY');
    await expect(vault.open(row.encryptedKey, 'platformKey:other')).rejects.toThrow(
      'does not open',
    );
    const stranger = new AgentAuthority(test.database, new LocalVault(Buffer.alloc(32, 8)));
    await expect(stranger.caCertificate()).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('may sign for agents and hubs, and for no authority below it', async () => {
    const ca = new x509.X509Certificate(
      await new AgentAuthority(test.database, vault).caCertificate(),
    );
    expect(ca.getExtension(x509.BasicConstraintsExtension)).toMatchObject({
      ca: true,
      pathLength: 0,
      critical: true,
    });
    expect(ca.getExtension(x509.KeyUsagesExtension)?.usages).toBe(
      x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    );
  });
});

describe('TLS', () => {
  /** Connects to a hub, and says what each sees of the other. */
  async function handshake(options: {
    servername?: string;
    host?: string;
    ca: string;
    client?: { key: string; cert: string };
    hub: { key: string; certificate: string };
  }): Promise<{ server: PeerCertificate; client: PeerCertificate }> {
    const { hub, ca, client } = options;
    const server = createServer({
      key: hub.key,
      cert: hub.certificate,
      ca,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const accepted = new Promise<PeerCertificate>((resolve, reject) => {
      server.once('tlsClientError', reject);
      server.once('secureConnection', (socket: TLSSocket) => {
        socket.on('error', () => {});
        resolve(socket.getPeerCertificate());
        socket.end();
      });
    });
    const socket = connect({
      host: options.host ?? '127.0.0.1',
      port,
      ca,
      ...client,
      ...(options.servername ? { servername: options.servername } : {}),
    });
    try {
      const [client, server] = await Promise.all([
        accepted,
        new Promise<PeerCertificate>((resolve, reject) => {
          socket.once('error', reject);
          socket.once('secureConnect', () => resolve(socket.getPeerCertificate()));
        }),
      ]);
      return { server, client };
    } finally {
      socket.destroy();
      server.close();
    }
  }

  async function enrolled() {
    const authority = new AgentAuthority(test.database, vault);
    const actor = {
      organizationId: newId('organization'),
      kind: 'user',
      id: 'u',
      role: 'owner',
    } as const;
    const mesh = await new MeshService(test.database).create(actor, { name: 'mesh' });
    const { joinToken } = await new ClusterService(test.database).register(actor, {
      meshId: mesh.id,
      name: 'a',
      network: 'n',
      locality: 'r',
    });
    const { publicKey, privateKey, pkcs8 } = await newKeyPair();
    const csr = await x509.Pkcs10CertificateRequestGenerator.create({
      keys: { publicKey, privateKey },
      signingAlgorithm: p256,
    });
    const enrolment = new EnrolmentService(
      test.database,
      authority,
      systemClock,
      pino({ level: 'silent' }),
    );
    const issued = await enrolment.enrol(joinToken.secret, new Uint8Array(csr.rawData));
    return {
      authority,
      enrolment,
      issued,
      ca: issued.hubCa,
      client: { key: privateKeyPem(pkcs8), cert: issued.certificateChain },
    };
  }

  it('is spoken between a hub and an agent that has joined, by name and by address', async () => {
    const { authority, enrolment, issued, ca, client } = await enrolled();
    const hub = await authority.issueServerCertificate(['localhost', '127.0.0.1', '::1']);
    for (const where of [{ servername: 'localhost' }, { host: '127.0.0.1' }]) {
      const seen = await handshake({ ...where, ca, client, hub });
      expect(seen.server.subject.CN).toBe('isthmus-hub');
      expect(seen.server.subjectaltname).toBe(
        'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
      );
      expect(await enrolment.authenticate(seen.client.raw)).toMatchObject({
        clusterId: issued.clusterId,
        serial: issued.serial,
      });
    }
  });

  it('is not spoken with a hub of another name or address', async () => {
    const { authority, ca, client } = await enrolled();
    const named = await authority.issueServerCertificate(['localhost']);
    const addressed = await authority.issueServerCertificate(['127.0.0.1']);
    const mismatch = { code: 'ERR_TLS_CERT_ALTNAME_INVALID' };
    await expect(
      handshake({ servername: 'evil.example', ca, client, hub: named }),
    ).rejects.toMatchObject(mismatch);
    await expect(handshake({ ca, client, hub: named })).rejects.toMatchObject(mismatch);
    await expect(
      handshake({ servername: 'localhost', ca, client, hub: addressed }),
    ).rejects.toMatchObject(mismatch);
  });

  it('is spoken neither without a certificate, nor the other way round', async () => {
    const { authority, ca, client } = await enrolled();
    const hub = await authority.issueServerCertificate(['localhost']);
    const servername = 'localhost';
    await expect(handshake({ servername, ca, hub })).rejects.toMatchObject({
      code: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
    });
    // An agent that plays the hub, and a hub's certificate that plays an agent.
    await expect(
      handshake({ servername, ca, client, hub: { key: client.key, certificate: client.cert } }),
    ).rejects.toThrow();
    await expect(
      handshake({ servername, ca, client: { key: hub.key, cert: hub.certificate }, hub }),
    ).rejects.toThrow();
  });
});
