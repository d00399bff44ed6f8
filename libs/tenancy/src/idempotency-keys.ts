import { randomUUID } from 'node:crypto';
import { IsthmusError } from '@isthmus/kernel';
import { Database, InjectVault, type Vault } from '@isthmus/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from './permissions.js';

/** A request that may be carried out under a key, and is the only one. */
export interface Claim {
  readonly actor: Actor;
  readonly key: string;
  readonly id: string;
}

/** What a key leads to. */
export type Claimed = { readonly claim: Claim } | { readonly answer: string };

/** So long an answer is kept; in ms. */
export const idempotencyKeyLifeMs = 24 * 3_600_000;
/** Whoever has not answered by then is taken for dead; no request lasts so long. */
const abandonedMs = 120_000;

/**
 * Answers by the key that the client gave its request, so that one which is sent again because the answer
 * was lost takes effect once. A key is of one actor.
 */
@Injectable()
export class IdempotencyKeys {
  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectVault() private readonly vault: Vault,
  ) {}

  /**
   * @param hash of all that the request says.
   * @returns the claim, to be settled or let go of; or the answer that there was.
   * @throws IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS
   */
  async claim(actor: Actor, key: string, hash: string): Promise<Claimed> {
    const id = randomUUID();
    const { organizationId } = actor;
    const row = await this.database.withOrganization(organizationId, async (tx) => {
      // Those of the same actor: whoever makes them clears them away, and meets nobody doing it.
      await tx.$executeRaw`
        DELETE FROM idempotency_key
         WHERE actor_id = ${actor.id} AND key <> ${key}
           AND created_at < now() - ${idempotencyKeyLifeMs} * interval '1 millisecond'`;
      const claimed = await tx.$executeRaw`
        INSERT INTO idempotency_key AS old (organization_id, actor_id, key, request_hash, claim_id)
        VALUES (${organizationId}, ${actor.id}, ${key}, ${hash}, ${id})
        ON CONFLICT (organization_id, actor_id, key) DO UPDATE
           SET request_hash = excluded.request_hash, claim_id = excluded.claim_id,
               answer = NULL, created_at = now()
         WHERE old.created_at < now() - ${idempotencyKeyLifeMs} * interval '1 millisecond'
            OR (old.answer IS NULL AND old.request_hash = excluded.request_hash
                AND old.created_at < now() - ${abandonedMs} * interval '1 millisecond')`;
      if (claimed > 0) return undefined;
      const where = { organizationId_actorId_key: { organizationId, actorId: actor.id, key } };
      return tx.idempotencyKey.findUnique({ where });
    });
    if (row === undefined) return { claim: { actor, key, id } };
    if (row && row.requestHash !== hash) {
      const message = 'this idempotency key was used for another request; take a new key for each';
      throw new IsthmusError('IDEMPOTENCY_KEY_REUSED', message);
    }
    if (!row?.answer) {
      const message =
        'the request with this idempotency key is under way; send it again in a moment';
      throw new IsthmusError('IDEMPOTENCY_IN_PROGRESS', message);
    }
    const answer = await this.vault.open(row.answer, contextOf(actor, key));
    return { answer: answer.toString() };
  }

  /** Keeps the answer, unless somebody else has the key by now. */
  async settle({ actor, key, id }: Claim, answer: string): Promise<void> {
    const sealed = await this.vault.seal(Buffer.from(answer), contextOf(actor, key));
    await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.idempotencyKey.updateMany({
        where: { actorId: actor.id, key, claimId: id },
        data: { answer: new Uint8Array(sealed) },
      }),
    );
  }

  /** Nothing took effect: the next may try. */
  async letGo({ actor, key, id }: Claim): Promise<void> {
    await this.database.withOrganization(actor.organizationId, (tx) =>
      tx.idempotencyKey.deleteMany({ where: { actorId: actor.id, key, claimId: id } }),
    );
  }

  /** Forgets an organization's answers that are too old to be asked for. */
  async sweep(organizationId: string): Promise<void> {
    await this.database.withOrganization(
      organizationId,
      (tx) => tx.$executeRaw`
        DELETE FROM idempotency_key
         WHERE created_at < now() - ${idempotencyKeyLifeMs} * interval '1 millisecond'`,
    );
  }
}

function contextOf({ organizationId, id }: Actor, key: string): string {
  return `idempotencyKey:${organizationId}:${id}:${key}`;
}
