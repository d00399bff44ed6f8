import { createHash, X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Identity } from '@isthmus/contracts';
import { type ErrorCode, IsthmusError, messageOf } from '@isthmus/kernel';
import type { ClientIdentity } from '@isthmus/sync';
import type { Logger } from 'pino';
import type { HubIdentityApi } from './hub-identity.js';
import { certificateRequest, newKey } from './keys.js';
import type { SecretStore } from './secrets.js';

/** Who the agent is, and what it shows to the hub. */
export interface AgentIdentity {
  readonly clusterId: string;
  readonly meshId: string;
  readonly organizationId: string;
  /** ms since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly client: ClientIdentity;
}

export interface IdentityKeeperSettings {
  readonly hub: HubIdentityApi;
  readonly secret: SecretStore;
  readonly joinToken: string | undefined;
  readonly retryMs: { readonly min: number; readonly max: number };
  readonly log: Logger;
}

/** The Secret that holds key and certificate; in the agent's own namespace. */
export const identitySecretName = 'isthmus-agent-identity';

const keys = {
  key: 'tls.key',
  chain: 'tls.crt',
  hubCa: 'hub-ca.crt',
  identity: 'identity.json',
} as const;
/** A refused token is not tried again sooner: nothing changes by itself. */
const refusedRetryMs = 300_000;
/** A clock that is far off makes every certificate look old: no more renewals than this. */
const renewalPauseMs = 60_000;
const longestSleepMs = 3_600_000;

/** What the operator can do, by the hub's code. */
const advice: Partial<Record<ErrorCode, string>> = {
  JOIN_TOKEN_INVALID:
    'copy the join token again, or make a new one for this cluster in the console',
  JOIN_TOKEN_USED: 'a join token works once: make a new one for this cluster in the console',
  JOIN_TOKEN_EXPIRED: 'make a new join token for this cluster in the console',
  IDENTITY_EXPIRED: 'make a new join token for this cluster and give it to the agent',
  IDENTITY_REVOKED: 'make a new join token for this cluster and give it to the agent',
  IDENTITY_SUPERSEDED: 'another agent renewed this identity: stop it, then make a new join token',
  IDENTITY_UNTRUSTED:
    'check that the hub address is of the plane where this cluster was registered',
  CLUSTER_LOCKED:
    'two agents used this identity at once: stop one, then unlock the cluster in the console',
  CLUSTER_REMOVED:
    'the cluster was removed from its mesh: uninstall the agent, or register it again',
  UNAVAILABLE:
    'check the hub address, its certificate authority (ISTHMUS_HUB_CA), the egress rules, the proxy (https_proxy) if there is one, and the clock of this node',
};

/** An error of the hub in one line: its code, its words, and what to do next. */
export function explain(error: unknown): string {
  if (!(error instanceof IsthmusError)) return messageOf(error);
  const next = advice[error.code];
  return `${error.code}: ${error.message}${next ? `; ${next}` : ''}`;
}

/**
 * Gets the agent's identity and keeps it young. Everything is in one Secret, so a restart goes
 * on with the same key: a join token that was used a moment ago then brings the same certificate.
 */
export class IdentityKeeper {
  private readonly stopping = new AbortController();
  private current: AgentIdentity | undefined;
  private renewing: Promise<void> | undefined;
  private trouble: string | undefined = 'the identity has not been read yet';

  constructor(private readonly settings: IdentityKeeperSettings) {}

  get identity(): AgentIdentity | undefined {
    return this.current;
  }

  /** Why there is no identity, or why it does not get younger; undefined if all is well. */
  get problem(): string | undefined {
    return this.trouble;
  }

  /** Reads the identity, or enrols. Tries until it has one. @throws when it is stopped meanwhile. */
  async obtain(): Promise<AgentIdentity> {
    for (let failures = 0; ; failures += 1) {
      let delay: number;
      try {
        this.current = await this.readOrEnrol();
        this.trouble = undefined;
        return this.current;
      } catch (error) {
        const code = error instanceof IsthmusError ? error.code : undefined;
        const isFinal =
          code?.startsWith('JOIN_TOKEN_') ||
          code?.startsWith('CSR_') ||
          code === 'INVALID_CONFIGURATION';
        this.trouble = explain(error);
        delay = isFinal ? refusedRetryMs : this.backoff(failures);
        const level = isFinal ? 'error' : 'warn';
        this.settings.log[level](
          { code, retryMs: Math.round(delay) },
          `no identity: ${this.trouble}`,
        );
      }
      await sleep(delay, undefined, { signal: this.stopping.signal });
    }
  }

  /** The identity as it is stored, and no attempt at one. @throws KubeError */
  async stored(): Promise<AgentIdentity | undefined> {
    return this.parse(await this.settings.secret.read());
  }

  /**
   * Renews at half of the certificate's life from now on, without touching the streams. One that
   * has expired meanwhile is tried all the same: the hub knows it by its key.
   */
  keepYoung(onRenewed: (identity: AgentIdentity) => void): void {
    this.renewing = this.renewForever(onRenewed).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.renewing;
  }

  private async readOrEnrol(): Promise<AgentIdentity> {
    const { secret, joinToken, hub, log } = this.settings;
    const texts = await secret.read();
    const known = this.parse(texts);
    const tokenHash = joinToken && createHash('sha256').update(joinToken).digest('hex');
    if (known && (!tokenHash || texts['token-sha256'] === tokenHash)) return known;
    if (!joinToken) {
      throw new IsthmusError(
        'INVALID_CONFIGURATION',
        'no identity and no join token: set ISTHMUS_JOIN_TOKEN',
      );
    }
    const key = texts[keys.key] ?? newKey();
    // Before it is used: whoever dies between here and the answer comes back with this key.
    if (!texts[keys.key]) await secret.write({ ...texts, [keys.key]: key });
    let issued: Identity;
    try {
      issued = await hub.enrol(joinToken, await certificateRequest(key, 'isthmus-agent'));
    } catch (error) {
      // A new token was given to an agent that has an identity: the old one may still be good.
      if (!known) throw error;
      log.error(`the new join token was refused, the identity stays: ${explain(error)}`);
      return known;
    }
    log.info({ clusterId: issued.clusterId }, 'enrolled');
    const seconds = Date.now() / 1000;
    if (seconds < issued.notBefore || seconds > issued.notAfter) {
      log.error(
        { notBefore: issued.notBefore, notAfter: issued.notAfter, now: Math.round(seconds) },
        'by the clock of this node the certificate is not valid now: set the clock',
      );
    }
    return await this.keep(key, issued, tokenHash ?? '');
  }

  private async renewForever(onRenewed: (identity: AgentIdentity) => void): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; ) {
      const identity = this.current;
      if (!identity) return;
      const wait = identity.notBefore + (identity.notAfter - identity.notBefore) / 2 - Date.now();
      if (wait > 0) {
        await sleep(Math.min(wait, longestSleepMs), undefined, { signal, ref: false });
        continue;
      }
      let pause = Math.min(renewalPauseMs, (identity.notAfter - identity.notBefore) / 4);
      try {
        const renewed = await this.renew(identity);
        failures = 0;
        this.trouble = undefined;
        onRenewed(renewed);
      } catch (error) {
        pause = Math.min(this.backoff(failures), pause);
        failures += 1;
        this.trouble =
          Date.now() > identity.notAfter
            ? `the identity has expired; ${explain(error)}`
            : undefined;
        this.settings.log.warn(
          { retryMs: Math.round(pause) },
          `identity not renewed: ${explain(error)}`,
        );
      }
      await sleep(pause, undefined, { signal, ref: false });
    }
  }

  private async renew(identity: AgentIdentity): Promise<AgentIdentity> {
    const { hub, secret, log } = this.settings;
    const texts = await secret.read();
    // The same key: by it the hub knows an agent again whose certificate has expired.
    const key = String(identity.client.key);
    const issued = await hub.renew(identity.client, await certificateRequest(key, 'isthmus-agent'));
    const renewed = await this.keep(key, issued, texts['token-sha256'] ?? '');
    log.info({ notAfter: new Date(renewed.notAfter).toISOString() }, 'identity renewed');
    return renewed;
  }

  /**
   * Written down before it is used: whoever has used a certificate and comes back with the one
   * before it is taken for a second holder. What could not be stored is asked for again.
   */
  private async keep(key: string, issued: Identity, tokenHash: string): Promise<AgentIdentity> {
    const texts = {
      [keys.key]: key,
      [keys.chain]: issued.certificateChain,
      [keys.hubCa]: issued.hubCa,
      [keys.identity]: JSON.stringify(
        Identity.toJSON({ ...issued, certificateChain: '', hubCa: '' }),
      ),
      'token-sha256': tokenHash,
    };
    const identity = this.parse(texts);
    if (!identity)
      throw new IsthmusError('UNAVAILABLE', 'the hub issued a certificate that cannot be used');
    await this.settings.secret.write(texts);
    this.current = identity;
    return identity;
  }

  /** Undefined unless everything is there and belongs together. */
  private parse(texts: Readonly<Record<string, string>>): AgentIdentity | undefined {
    const { [keys.key]: key, [keys.chain]: cert, [keys.identity]: json } = texts;
    if (!key || !cert || !json) return undefined;
    try {
      const { clusterId, meshId, organizationId, notBefore, notAfter } = Identity.fromJSON(
        JSON.parse(json),
      );
      new X509Certificate(cert);
      const ca = this.settings.hub.authorities(texts[keys.hubCa] ?? '');
      return {
        clusterId,
        meshId,
        organizationId,
        notBefore: notBefore * 1000,
        notAfter: notAfter * 1000,
        client: { key, cert, ca },
      };
    } catch (error) {
      this.settings.log.warn(
        { problem: messageOf(error) },
        `Secret ${identitySecretName} cannot be read`,
      );
      return undefined;
    }
  }

  private backoff(failures: number): number {
    const { min, max } = this.settings.retryMs;
    return Math.min(max, min * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() / 2);
  }
}
