import { X509Certificate } from 'node:crypto';
import { Facts } from '@isthmus/contracts';
import {
  databaseNow,
  importPrivateKey,
  keyHash,
  newKeyPair,
  newSerial,
  notFound,
  p256,
  publicKeyOfCsr,
} from '@isthmus/fleet';
import { IsthmusError, messageOf, newId } from '@isthmus/kernel';
import {
  advanceMesh,
  Database,
  InjectLogger,
  InjectVault,
  type Transaction,
  type Vault,
} from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import * as x509 from '@peculiar/x509';
import type { Logger } from 'pino';

/** A certificate that clusters of a mesh trust. */
export interface TrustAnchor {
  readonly id: string;
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string;
  readonly pem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly retiredAt: Date | null;
}

/** The certificate with which a cluster's istiod signs for its workloads. */
export interface SigningCertificateView {
  readonly clusterId: string;
  readonly serial: string;
  /** SHA-256 of its public key, hex. */
  readonly keyId: string;
  readonly issuerRootId: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** When the agent asks for the next one: at two thirds of its life. */
  readonly renewAt: Date;
}

export interface TrustView {
  readonly trustDomain: string;
  readonly anchors: readonly TrustAnchor[];
  /** The newest of each cluster. */
  readonly signingCertificates: readonly SigningCertificateView[];
}

/** What the projection needs of a mesh's trust. */
export interface TrustSettings {
  /** PEM, sorted by fingerprint. */
  readonly anchors: readonly string[];
  readonly signing: ReadonlyMap<
    string,
    { keyId: string; certificate: string; chain: string; notBefore: Date; notAfter: Date }
  >;
}

const day = 24 * 3_600_000;
const rootLifeMs = 10 * 365 * day;
const signingLifeMs = 90 * day;
/** So that a cluster whose clock is behind takes its certificate. */
const backdateMs = 2 * 3_600_000;

/**
 * One root for each mesh; its key rests sealed, and is opened to sign. Clusters make their own
 * signing keys and ask by fact; what they get may sign for workloads and for no further authority.
 */
@Injectable()
export class TrustService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectVault() private readonly vault: Vault,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** @throws NOT_FOUND */
  async view(actor: Actor, meshId: string): Promise<TrustView> {
    authorize(actor, 'trust.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const mesh = await tx.mesh.findUnique({ where: { id: meshId } });
      if (!mesh) throw notFound('mesh');
      const roots = await tx.meshRoot.findMany({
        where: { meshId },
        orderBy: { id: 'asc' },
        take: 20,
      });
      const certificates = await newestCertificates(tx, meshId);
      return {
        trustDomain: mesh.trustDomain,
        anchors: roots.map((root) => ({
          id: root.id,
          fingerprint: fingerprintOf(root.certificate),
          pem: root.certificate,
          notBefore: root.notBefore,
          notAfter: root.notAfter,
          retiredAt: root.retiredAt,
        })),
        signingCertificates: certificates.map((row) => ({
          clusterId: row.clusterId,
          serial: row.serial,
          keyId: row.keyId,
          issuerRootId: row.rootId,
          notBefore: row.notBefore,
          notAfter: row.notAfter,
          renewAt: new Date(
            row.createdAt.getTime() + (2 / 3) * (row.notAfter.getTime() - row.createdAt.getTime()),
          ),
        })),
      };
    });
  }

  /** For the projection; inside its own transaction. */
  async settings(tx: Transaction, meshId: string): Promise<TrustSettings> {
    const roots = await tx.meshRoot.findMany({
      where: { meshId, retiredAt: null },
      select: { certificate: true },
    });
    const certificates = await newestCertificates(tx, meshId);
    return {
      anchors: roots
        .map(({ certificate }) => certificate)
        .sort((a, b) => (fingerprintOf(a) < fingerprintOf(b) ? -1 : 1)),
      signing: new Map(
        certificates.map(({ clusterId, keyId, certificate, notBefore, notAfter }) => [
          clusterId,
          { keyId, certificate, chain: '', notBefore, notAfter },
        ]),
      ),
    };
  }

  /**
   * Makes what is missing: the mesh's root, and a certificate for each signing key that a
   * cluster has asked for. Any number of workers may do it at once; each thing is made once.
   */
  async reconcile(
    organizationId: string,
    meshId: string,
  ): Promise<{ rootsCreated: number; signed: number }> {
    const rootsCreated = await this.ensureRoot(organizationId, meshId);
    const requests = await this.database.withOrganization(organizationId, async (tx) => {
      const facts = await tx.$queryRaw<{ clusterId: string; body: Uint8Array }[]>`
        SELECT f.cluster_id AS "clusterId", f.body
          FROM fact f JOIN cluster c ON c.id = f.cluster_id
         WHERE f.mesh_id = ${meshId} AND f.type = 'SigningRequest' AND f.name = 'signing'
           AND f.withdrawn_at IS NULL
           AND c.removed_at IS NULL AND c.locked_at IS NULL`;
      const issued = await tx.signingCertificate.findMany({
        where: { meshId },
        select: { clusterId: true, keyId: true },
      });
      const done = new Set(issued.map(({ clusterId, keyId }) => `${clusterId} ${keyId}`));
      return facts
        .map((fact) => ({ clusterId: fact.clusterId, request: decode(fact.body) }))
        .filter(({ clusterId, request }) => !request || !done.has(`${clusterId} ${request.keyId}`));
    });
    let signed = 0;
    for (const { clusterId, request } of requests) {
      try {
        if (!request) throw new IsthmusError('CSR_MALFORMED', 'the fact is no SigningRequestFact');
        signed += await this.sign(organizationId, meshId, { clusterId, ...request });
      } catch (error) {
        if (!(error instanceof IsthmusError) || error.kind !== 'invalid') throw error;
        // The others get theirs; this one is looked at again when its agent asks anew.
        this.logger.warn({ clusterId, code: error.code }, messageOf(error));
      }
    }
    return { rootsCreated, signed };
  }

  private async ensureRoot(organizationId: string, meshId: string): Promise<number> {
    const has = (tx: Transaction) => tx.meshRoot.count({ where: { meshId, retiredAt: null } });
    if ((await this.database.withOrganization(organizationId, has)) > 0) return 0;
    const id = newId('meshRoot');
    const { publicKey, privateKey, pkcs8 } = await newKeyPair();
    const encryptedKey = await this.vault.seal(pkcs8, contextOf(organizationId, meshId, id));
    return this.database.withOrganization(organizationId, async (tx) => {
      const mesh = await tx.mesh.findUnique({ where: { id: meshId } });
      if (!mesh) return 0;
      await holdMesh(tx, meshId);
      if ((await has(tx)) > 0) return 0;
      await advanceMesh(tx, meshId, 'settings');
      const now = await databaseNow(tx);
      const notBefore = new Date(now.getTime() - backdateMs);
      const notAfter = new Date(now.getTime() + rootLifeMs);
      const certificate = await x509.X509CertificateGenerator.createSelfSigned({
        serialNumber: newSerial(),
        name: nameOf(mesh.trustDomain, `Isthmus root ${mesh.name.slice(0, 42)} ${id.slice(-8)}`),
        notBefore,
        notAfter,
        keys: { publicKey, privateKey },
        signingAlgorithm: p256,
        extensions: [
          new x509.BasicConstraintsExtension(true, undefined, true),
          new x509.KeyUsagesExtension(
            x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
            true,
          ),
          await x509.SubjectKeyIdentifierExtension.create(publicKey),
        ],
      });
      await tx.meshRoot.create({
        data: {
          id,
          organizationId,
          meshId,
          certificate: certificate.toString('pem'),
          encryptedKey: new Uint8Array(encryptedKey),
          notBefore,
          notAfter,
        },
      });
      return 1;
    });
  }

  /** @returns 1 if a certificate was made now, 0 if there is one. @throws CSR_* */
  private async sign(
    organizationId: string,
    meshId: string,
    { clusterId, csr, keyId }: { clusterId: string; csr: Uint8Array; keyId: string },
  ): Promise<number> {
    const publicKey = await publicKeyOfCsr(csr);
    if (keyHash(publicKey.rawData).toString('hex') !== keyId) {
      throw new IsthmusError('CSR_MALFORMED', 'the key of the CSR is not the one its fact names');
    }
    return this.database.withOrganization(organizationId, async (tx) => {
      await holdMesh(tx, meshId);
      const [cluster, root, present] = [
        await tx.cluster.findUniqueOrThrow({ where: { id: clusterId } }),
        await tx.meshRoot.findFirst({
          where: { meshId, retiredAt: null },
          orderBy: { id: 'desc' },
        }),
        await tx.signingCertificate.findUnique({
          where: { clusterId_keyId: { clusterId, keyId } },
        }),
      ];
      if (present || !root || cluster.removedAt || cluster.lockedAt) return 0;
      await advanceMesh(tx, meshId, 'settings');
      const mesh = await tx.mesh.findUniqueOrThrow({ where: { id: meshId } });
      const issuer = new x509.X509Certificate(root.certificate);
      const pkcs8 = await this.vault.open(
        root.encryptedKey,
        contextOf(organizationId, meshId, root.id),
      );
      const now = await databaseNow(tx);
      const notBefore = new Date(now.getTime() - backdateMs);
      const notAfter = new Date(Math.min(now.getTime() + signingLifeMs, root.notAfter.getTime()));
      const serial = newSerial();
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serial,
        issuer: issuer.subjectName,
        subject: nameOf(
          mesh.trustDomain,
          `Isthmus ${mesh.name.slice(0, 27)} ${cluster.name.slice(0, 27)}`,
        ),
        notBefore,
        notAfter,
        publicKey,
        signingKey: await importPrivateKey(pkcs8),
        signingAlgorithm: p256,
        extensions: [
          // istiod signs for workloads; nobody signs for an authority below it.
          new x509.BasicConstraintsExtension(true, 0, true),
          new x509.KeyUsagesExtension(
            x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
            true,
          ),
          await x509.SubjectKeyIdentifierExtension.create(publicKey),
          await x509.AuthorityKeyIdentifierExtension.create(issuer),
        ],
      });
      await tx.signingCertificate.create({
        data: {
          id: newId('signingCertificate'),
          organizationId,
          meshId,
          clusterId,
          rootId: root.id,
          serial,
          keyId,
          certificate: certificate.toString('pem'),
          notBefore,
          notAfter,
        },
      });
      this.logger.info({ clusterId, serial, notAfter }, 'a signing certificate was issued');
      return 1;
    });
  }
}

/** The newest certificate of each cluster that is not removed. */
async function newestCertificates(tx: Transaction, meshId: string) {
  const members = await tx.cluster.findMany({
    where: { meshId, removedAt: null },
    select: { id: true },
  });
  const memberIds = new Set(members.map(({ id }) => id));
  const certificates = await tx.signingCertificate.findMany({
    where: { meshId },
    orderBy: [{ clusterId: 'asc' }, { createdAt: 'desc' }, { id: 'desc' }],
    distinct: ['clusterId'],
  });
  return certificates.filter(({ clusterId }) => memberIds.has(clusterId));
}

/**
 * Holds the mesh to the end of the transaction, so that of two workers the second sees what the
 * first has made, and advances nothing if nothing is left to make.
 */
async function holdMesh(tx: Transaction, meshId: string): Promise<void> {
  await tx.$queryRaw`SELECT mesh_id FROM mesh_clock WHERE mesh_id = ${meshId} FOR UPDATE`;
}

function decode(body: Uint8Array): ReturnType<typeof Facts.SigningRequest.decode> | undefined {
  try {
    return Facts.SigningRequest.decode(body);
  } catch {
    return undefined;
  }
}

/** X.509 allows both 64 characters. */
function nameOf(organization: string, commonName: string): x509.JsonName {
  return [{ O: [organization.slice(0, 64)] }, { CN: [commonName.slice(0, 64)] }];
}

function contextOf(organizationId: string, meshId: string, rootId: string): string {
  return `meshRoot:${organizationId}:${meshId}:${rootId}`;
}

function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
}
