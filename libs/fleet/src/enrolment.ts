import { X509Certificate } from 'node:crypto';
import { type Clock, type ErrorCode, IsthmusError, isId } from '@isthmus/kernel';
import {
  advanceMesh,
  Database,
  InjectClock,
  InjectLogger,
  type Transaction,
} from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import type * as x509 from '@peculiar/x509';
import type { Logger } from 'pino';
import { AgentAuthority } from './authority.js';
import { databaseNow, holdCluster, readJoinToken } from './clusters.js';
import { keyHash, newSerial, publicKeyOfCsr } from './pki.js';

/** Who an agent is: read from its certificate, and from nothing it says. */
export interface AgentIdentity {
  readonly organizationId: string;
  readonly meshId: string;
  readonly clusterId: string;
  /** Of the certificate, 32 hex digits. */
  readonly serial: string;
}

/** A certificate and what an agent has to know with it. */
export interface IssuedIdentity extends AgentIdentity {
  /** PEM, leaf first. */
  readonly certificateChain: string;
  /** PEM. */
  readonly hubCa: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What an agent says of itself as it asks for a certificate: for people to read, and nothing else. */
export interface AgentRemarks {
  /** Empty if it does not say. */
  readonly version: string;
  /** The time by its clock, in ms since the epoch; undefined if it does not say. */
  readonly clock: number | undefined;
}

/** The life of an agent's certificate. */
export const lifeMs = 24 * 3_600_000;
/** For so long after its end a certificate begets its successor, and does nothing else. */
const recoveryMs = 30 * 24 * 3_600_000;
/** So that a cluster whose clock is an hour behind takes its certificate. */
export const backdateMs = 2 * 3_600_000;
/** Attempts to join that follow sooner are not recorded: whoever has a token may try without end. */
const attemptPauseMs = 1_000;
/** A clock that is further off is off by this much, in seconds: some ten years. */
const mostSkew = 315_360_000;
const silent: AgentRemarks = { version: '', clock: undefined };
const uriPrefix = 'spiffe://isthmus';

/**
 * Identities of agents. One certificate of a cluster is active, and only that one connects.
 *
 * A renewed certificate becomes the active one when it is first used, not when it is issued:
 * an answer that was lost harms nothing, the agent renews again from the one it has. An honest
 * agent writes a new certificate down before it uses it and never goes back, so one that shows a
 * certificate whose successor has been used is a second holder (a cloned disk, a stolen Secret):
 * the cluster is locked for both until an operator unlocks it and it joins anew. Streams that an
 * agent has open while it renews, and reconnects with the same certificate, are no such sign.
 */
@Injectable()
export class EnrolmentService {
  private authorityKey: X509Certificate | undefined;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AgentAuthority) private readonly authority: AgentAuthority,
    @InjectClock() private readonly clock: Clock,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Exchanges a join token for an identity. A token is good for one key, once; the same key
   * may ask again for 10 minutes and gets the same certificate. What came of it is recorded with
   * the cluster, so that people see why an agent does not come.
   *
   * @throws JOIN_TOKEN_INVALID, JOIN_TOKEN_USED, JOIN_TOKEN_EXPIRED, CLUSTER_LOCKED,
   *   CLUSTER_REMOVED, CSR_*
   */
  async enrol(
    joinToken: string,
    csr: Uint8Array,
    remarks: AgentRemarks = silent,
  ): Promise<IssuedIdentity> {
    const token = readJoinToken(joinToken);
    try {
      return await this.exchange(token, csr, remarks);
    } catch (error) {
      const code = error instanceof IsthmusError ? error.code : 'INTERNAL';
      // Of a token that is none of ours there is no cluster to tell.
      if (token && code !== 'JOIN_TOKEN_INVALID') {
        await this.recordRefusal(token, code, remarks).catch((problem: unknown) =>
          this.logger.warn({ error: problem }, 'an attempt to join is not recorded'),
        );
      }
      throw error;
    }
  }

  private async exchange(
    token: ReturnType<typeof readJoinToken>,
    csr: Uint8Array,
    remarks: AgentRemarks,
  ): Promise<IssuedIdentity> {
    const publicKey = await publicKeyOfCsr(csr);
    if (!token) throw invalidToken();
    const { organizationId, secretHash } = token;
    const usedKeyHash = new Uint8Array(keyHash(publicKey.rawData));
    const hubCa = await this.authority.caCertificate();
    return this.database.withOrganization(organizationId, async (tx) => {
      const known = await tx.joinToken.findUnique({
        where: { secretHash },
        select: { clusterId: true },
      });
      const place = known && (await readCluster(tx, known.clusterId));
      // Hubs look at their streams again: what this join makes void must not go on.
      if (place) await advanceMesh(tx, place.meshId, 'settings');
      const cluster = place && (await holdCluster(tx, place.id));
      if (!cluster) throw invalidToken();
      const [won] = await tx.$queryRaw<{ id: string }[]>`
        UPDATE join_token SET used_at = now(), used_key_hash = ${usedKeyHash}
         WHERE secret_hash = ${secretHash} AND used_at IS NULL AND expires_at > now()
        RETURNING id`;
      if (!won) {
        const repeated = await this.repeat(tx, cluster, secretHash, usedKeyHash);
        return { ...repeated, organizationId, hubCa };
      }
      assertAdmitted(cluster);
      const now = await databaseNow(tx);
      await tx.agentCertificate.updateMany({
        where: { clusterId: cluster.id, revokedAt: null },
        data: { revokedAt: now, revokedReason: 'joined anew' },
      });
      const identity = { organizationId, meshId: cluster.meshId, clusterId: cluster.id };
      const issued = await this.issue(tx, identity, publicKey, now);
      await tx.cluster.update({
        where: { id: cluster.id },
        data: {
          activeSerial: issued.serial,
          attemptedAt: now,
          attemptCode: null,
          ...attemptOf(remarks, now),
        },
      });
      await tx.joinToken.update({
        where: { id: won.id },
        data: { certificate: issued.certificateChain },
      });
      this.logger.info({ clusterId: cluster.id, serial: issued.serial }, 'a cluster has joined');
      return { ...issued, hubCa };
    });
  }

  /**
   * A new certificate for the holder of the one in use, which stays good until the new one is
   * used. One that is no longer in use begets none.
   *
   * An agent that was cut off for longer than its certificate's life comes back by itself: for
   * 30 days the expired certificate, shown over TLS, still begets one for the same key. That is
   * one recovery, since the use of its successor ends it; it is counted with the cluster.
   *
   * @param certificate DER, of the peer.
   * @throws CSR_*, IDENTITY_MISSING, IDENTITY_UNTRUSTED, IDENTITY_EXPIRED, IDENTITY_REVOKED,
   *   IDENTITY_SUPERSEDED, CLUSTER_LOCKED, CLUSTER_REMOVED
   */
  async renew(
    certificate: Uint8Array | undefined,
    csr: Uint8Array,
    remarks: AgentRemarks = silent,
  ): Promise<IssuedIdentity> {
    const publicKey = await publicKeyOfCsr(csr);
    const identity = await this.authenticate(certificate, recoveryMs);
    const hubCa = await this.authority.caCertificate();
    return this.database.withOrganization(identity.organizationId, async (tx) => {
      const { cluster, row } = await admit(tx, identity, holdCluster);
      if (cluster.activeSerial !== identity.serial) {
        throw new IsthmusError(
          'IDENTITY_SUPERSEDED',
          'the successor of this certificate is in use; renew with that one',
        );
      }
      const now = await databaseNow(tx);
      if (now > row.notAfter) await this.countRecovery(tx, identity, row, publicKey);
      const issued = await this.issue(tx, identity, publicKey, now, identity.serial);
      const { clockSkew } = attemptOf(remarks, now);
      if (clockSkew !== cluster.clockSkew) {
        await tx.cluster.update({ where: { id: cluster.id }, data: { clockSkew } });
      }
      return { ...issued, hubCa };
    });
  }

  /**
   * Who holds this certificate, if it still is good. TLS has proven that the peer has its key
   * and nothing more: who signed it, when it ends and whether it was revoked is decided here, at
   * every stream, so that a resumed TLS session passes by nothing.
   *
   * @param certificate DER, of the peer.
   * @param graceMs for how long after its end it is still taken; not at all unless said.
   * @throws IDENTITY_MISSING, IDENTITY_UNTRUSTED, IDENTITY_EXPIRED, IDENTITY_REVOKED,
   *   IDENTITY_SUPERSEDED, CLUSTER_LOCKED, CLUSTER_REMOVED
   */
  async authenticate(certificate: Uint8Array | undefined, graceMs = 0): Promise<AgentIdentity> {
    if (!certificate) {
      throw new IsthmusError(
        'IDENTITY_MISSING',
        'a client certificate is needed; enrol with a join token',
      );
    }
    const identity = await this.read(certificate, graceMs);
    const clone = await this.database.withOrganization(identity.organizationId, async (tx) => {
      const seen = await admit(tx, identity, readCluster);
      if (seen.cluster.activeSerial === identity.serial) return false;
      // It is new, or old, or a sibling stream makes it the active one just now.
      const { cluster, row } = await admit(tx, identity, holdCluster);
      if (cluster.activeSerial === identity.serial) return false;
      if (row.renews === null || row.renews !== cluster.activeSerial) return true;
      await tx.cluster.update({
        where: { id: cluster.id },
        data: { activeSerial: identity.serial },
      });
      return false;
    });
    if (clone) {
      await this.lock(
        identity,
        'a certificate was shown whose successor is in use: two agents hold this identity',
      );
      throw new IsthmusError(
        'IDENTITY_SUPERSEDED',
        'another agent uses the successor of this certificate; the cluster is locked until an operator unlocks it and it joins anew',
      );
    }
    return identity;
  }

  /**
   * Whether the agent of an open stream may stay. A certificate whose successor is in use may:
   * an agent that renews closes its streams one after the other.
   *
   * @throws IDENTITY_UNTRUSTED, IDENTITY_REVOKED, CLUSTER_LOCKED, CLUSTER_REMOVED
   */
  async recheck(identity: AgentIdentity): Promise<void> {
    await this.database.withOrganization(identity.organizationId, (tx) =>
      admit(tx, identity, readCluster),
    );
  }

  /**
   * As `recheck`, of many streams of one organization at once.
   *
   * @returns why some may not stay; the others may.
   */
  async recheckAll(
    organizationId: string,
    identities: readonly AgentIdentity[],
  ): Promise<Map<AgentIdentity, IsthmusError>> {
    const ids = [...new Set(identities.map(({ clusterId }) => clusterId))];
    const serials = [...new Set(identities.map(({ serial }) => serial))];
    const [clusters, rows] = await this.database.withOrganization(organizationId, async (tx) => [
      await tx.cluster.findMany({ where: { id: { in: ids } } }),
      await tx.agentCertificate.findMany({ where: { serial: { in: serials } } }),
    ]);
    const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
    const bySerial = new Map(rows.map((row) => [row.serial, row]));
    const refused = new Map<AgentIdentity, IsthmusError>();
    for (const identity of identities) {
      try {
        assertHolds(identity, byId.get(identity.clusterId), bySerial.get(identity.serial));
      } catch (error) {
        if (!(error instanceof IsthmusError)) throw error;
        refused.set(identity, error);
      }
    }
    return refused;
  }

  /**
   * Shuts every holder of the cluster's identity out, and says so. Nothing is done if that was
   * done already, or if the certificate it is about was revoked meanwhile: its holders are out.
   */
  async lock(
    { organizationId, meshId, clusterId, serial }: AgentIdentity,
    reason: string,
  ): Promise<void> {
    const isLocked = await this.database.withOrganization(organizationId, async (tx) => {
      await advanceMesh(tx, meshId, 'settings');
      const cluster = await holdCluster(tx, clusterId);
      const row = await tx.agentCertificate.findUnique({ where: { serial } });
      if (!cluster || cluster.lockedAt || row?.revokedAt) return false;
      await tx.cluster.update({
        where: { id: clusterId },
        data: { lockedAt: await databaseNow(tx), lockReason: reason },
      });
      return true;
    });
    if (!isLocked) return;
    this.logger.error({ alarm: true, clusterId, serial, reason }, 'a cluster is locked');
  }

  /** What has expired begets no other key: the successor belongs to who had this one. */
  private async countRecovery(
    tx: Transaction,
    { clusterId, serial }: AgentIdentity,
    row: { keyHash: Uint8Array; notAfter: Date },
    publicKey: x509.PublicKey,
  ): Promise<void> {
    if (Buffer.compare(row.keyHash, keyHash(publicKey.rawData)) !== 0) {
      throw new IsthmusError(
        'IDENTITY_EXPIRED',
        'the certificate has ended and renews for its own key alone; join again with a new join token',
      );
    }
    await tx.cluster.update({ where: { id: clusterId }, data: { recoveries: { increment: 1 } } });
    this.logger.warn(
      { audit: true, clusterId, serial, expired: row.notAfter },
      'an agent recovers with an expired certificate',
    );
  }

  /** Rings, since somebody may be waiting for this cluster. */
  private async recordRefusal(
    { organizationId, secretHash }: NonNullable<ReturnType<typeof readJoinToken>>,
    attemptCode: ErrorCode,
    remarks: AgentRemarks,
  ): Promise<void> {
    await this.database.withOrganization(organizationId, async (tx) => {
      const token = await tx.joinToken.findUnique({
        where: { secretHash },
        select: { clusterId: true },
      });
      const seen = token && (await readCluster(tx, token.clusterId));
      const now = await databaseNow(tx);
      if (!seen || isRecent(seen.attemptedAt, now)) return;
      await advanceMesh(tx, seen.meshId, 'facts');
      const cluster = await holdCluster(tx, seen.id);
      if (!cluster || isRecent(cluster.attemptedAt, now)) return;
      await tx.cluster.update({
        where: { id: cluster.id },
        data: { attemptedAt: now, attemptCode, ...attemptOf(remarks, now) },
      });
    });
  }

  private async repeat(
    tx: Transaction,
    cluster: NonNullable<Awaited<ReturnType<typeof holdCluster>>>,
    secretHash: Uint8Array<ArrayBuffer>,
    usedKeyHash: Uint8Array,
  ): Promise<Omit<IssuedIdentity, 'organizationId' | 'hubCa'>> {
    const token = await tx.joinToken.findUnique({ where: { secretHash } });
    if (!token) throw invalidToken();
    if (!token.usedAt) {
      throw new IsthmusError(
        'JOIN_TOKEN_EXPIRED',
        'the join token has expired; make a new one for this cluster',
      );
    }
    const now = await databaseNow(tx);
    const isRecent = now.getTime() - token.usedAt.getTime() < 600_000;
    const isSameKey =
      token.usedKeyHash !== null && Buffer.compare(token.usedKeyHash, usedKeyHash) === 0;
    if (!isRecent || !isSameKey || !token.certificate) throw usedToken();
    assertAdmitted(cluster);
    const certificate = new X509Certificate(token.certificate);
    const serial = certificate.serialNumber.toLowerCase();
    const row = await tx.agentCertificate.findUnique({ where: { serial } });
    if (!row || row.revokedAt) throw usedToken();
    return {
      meshId: cluster.meshId,
      clusterId: cluster.id,
      serial,
      certificateChain: token.certificate,
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
    };
  }

  private async issue(
    tx: Transaction,
    identity: Omit<AgentIdentity, 'serial'>,
    publicKey: x509.PublicKey,
    now: Date,
    renews?: string,
  ): Promise<Omit<IssuedIdentity, 'hubCa'>> {
    const serial = newSerial();
    // In whole seconds, as in the certificate, so that a repeated answer is the same.
    const second = Math.floor(now.getTime() / 1000) * 1000;
    const notBefore = new Date(second - backdateMs);
    const notAfter = new Date(second + lifeMs);
    const certificateChain = await this.authority.issueClientCertificate({
      publicKey,
      uri: uriOf(identity),
      serial,
      notBefore,
      notAfter,
    });
    await tx.agentCertificate.create({
      data: {
        serial,
        organizationId: identity.organizationId,
        clusterId: identity.clusterId,
        keyHash: new Uint8Array(keyHash(publicKey.rawData)),
        renews: renews ?? null,
        notBefore,
        notAfter,
      },
    });
    const { organizationId, meshId, clusterId } = identity;
    return { organizationId, meshId, clusterId, serial, certificateChain, notBefore, notAfter };
  }

  /** The identity in a certificate that our authority signed and that is valid now, or was just now. */
  private async read(der: Uint8Array, graceMs: number): Promise<AgentIdentity> {
    this.authorityKey ??= new X509Certificate(await this.authority.caCertificate());
    const authority = this.authorityKey;
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(der);
    } catch {
      throw untrusted();
    }
    if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
      throw untrusted();
    // The whole name, once, and nothing beside it: no prefix of it is anybody.
    const match =
      /^URI:(spiffe:\/\/isthmus\/organization\/([^/]+)\/mesh\/([^/]+)\/cluster\/([^/]+))$/.exec(
        certificate.subjectAltName ?? '',
      );
    const [, uri, organizationId, meshId, clusterId] = match ?? [];
    if (
      !isId('organization', organizationId) ||
      !isId('mesh', meshId) ||
      !isId('cluster', clusterId) ||
      uri !== uriOf({ organizationId, meshId, clusterId })
    ) {
      throw untrusted();
    }
    const now = this.clock.now().getTime();
    if (now > new Date(certificate.validTo).getTime() + graceMs) {
      throw new IsthmusError(
        'IDENTITY_EXPIRED',
        `the certificate ended ${certificate.validTo}; join again with a new join token`,
      );
    }
    return { organizationId, meshId, clusterId, serial: certificate.serialNumber.toLowerCase() };
  }
}

/** What is kept of an attempt to join, beside when it was and what came of it. */
interface Attempt {
  readonly attemptVersion: string | null;
  /** Seconds. */
  readonly clockSkew: number | null;
}

/** @param now by the database's clock, from which certificates are valid; the hub's may be off too. */
function attemptOf({ version, clock }: AgentRemarks, now: Date): Attempt {
  const skew = clock === undefined ? null : (clock - now.getTime()) / 1000;
  return {
    attemptVersion: /^[\w.+-]{1,64}$/.test(version) ? version : null,
    clockSkew: skew && Math.round(Math.min(mostSkew, Math.max(-mostSkew, skew))),
  };
}

function isRecent(attemptedAt: Date | null, now: Date): boolean {
  return attemptedAt !== null && now.getTime() - attemptedAt.getTime() < attemptPauseMs;
}

function uriOf({ organizationId, meshId, clusterId }: Omit<AgentIdentity, 'serial'>): string {
  return `${uriPrefix}/organization/${organizationId}/mesh/${meshId}/cluster/${clusterId}`;
}

/**
 * A certificate and its cluster, if it is not revoked and the cluster is let in.
 *
 * @param read how to read the cluster: as it is, or held. Before the certificate, since whoever
 *   makes another one the active one revokes with it.
 */
async function admit(
  tx: Transaction,
  identity: AgentIdentity,
  read: (tx: Transaction, clusterId: string) => ReturnType<typeof holdCluster>,
) {
  const cluster = await read(tx, identity.clusterId);
  const row = await tx.agentCertificate.findUnique({ where: { serial: identity.serial } });
  return assertHolds(identity, cluster, row);
}

/** @throws IDENTITY_UNTRUSTED, IDENTITY_REVOKED, CLUSTER_LOCKED, CLUSTER_REMOVED */
function assertHolds<C extends Cluster, R extends Certificate>(
  identity: AgentIdentity,
  cluster: C | null | undefined,
  row: R | null | undefined,
): { readonly cluster: C; readonly row: R } {
  if (!row || !cluster || row.clusterId !== cluster.id || cluster.meshId !== identity.meshId) {
    throw untrusted();
  }
  assertAdmitted(cluster);
  if (row.revokedAt) {
    throw new IsthmusError(
      'IDENTITY_REVOKED',
      `the certificate was revoked (${row.revokedReason ?? 'no reason given'}); join again with a new join token`,
    );
  }
  return { cluster, row };
}

function readCluster(tx: Transaction, clusterId: string): ReturnType<typeof holdCluster> {
  return tx.cluster.findUnique({ where: { id: clusterId } });
}

type Cluster = Parameters<typeof assertAdmitted>[0] & {
  readonly id: string;
  readonly meshId: string;
};
interface Certificate {
  readonly clusterId: string;
  readonly revokedAt: Date | null;
  readonly revokedReason: string | null;
}

function assertAdmitted(cluster: {
  removedAt: Date | null;
  lockedAt: Date | null;
  lockReason: string | null;
}): void {
  if (cluster.removedAt) {
    throw new IsthmusError(
      'CLUSTER_REMOVED',
      'the cluster was removed from its mesh; register it anew',
    );
  }
  if (cluster.lockedAt) {
    throw new IsthmusError(
      'CLUSTER_LOCKED',
      `the cluster is locked (${cluster.lockReason ?? 'no reason given'}); an operator unlocks it, then it joins anew`,
    );
  }
}

function usedToken(): IsthmusError {
  return new IsthmusError(
    'JOIN_TOKEN_USED',
    'the join token was used already; make a new one for this cluster, and look into it if that was not you',
  );
}

function invalidToken(): IsthmusError {
  return new IsthmusError(
    'JOIN_TOKEN_INVALID',
    'there is no such join token; copy it whole, or make a new one',
  );
}

function untrusted(): IsthmusError {
  return new IsthmusError(
    'IDENTITY_UNTRUSTED',
    'the client certificate is none of this platform; join again with a new join token',
  );
}
