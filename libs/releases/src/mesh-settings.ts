import { findMesh } from '@isthmus/fleet';
import { IsthmusError, within } from '@isthmus/kernel';
import { advanceMesh, Database, fromJson, type Transaction, toJson } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { assertPolicy, defaultPolicy, type RolloutPolicy } from './rollout-plan.js';

/** What becomes of an object that somebody else changed or deleted in a cluster. */
export const driftPolicies = ['revert', 'tolerate', 'adopt'] as const;
export type DriftPolicy = (typeof driftPolicies)[number];

/** How a mesh treats its configuration. */
export interface ConfigurationSettingsView {
  readonly driftPolicy: DriftPolicy;
  /** Of rollouts that bring none of their own. */
  readonly rolloutPolicy: RolloutPolicy;
  /** Of the rollout that was completed last; null before the first. */
  readonly currentReleaseId: string | null;
}

@Injectable()
export class ConfigurationSettingsService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** @throws NOT_FOUND */
  async get(actor: Actor, meshId: string): Promise<ConfigurationSettingsView> {
    authorize(actor, 'configuration.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, meshId);
      return load(tx, meshId);
    });
  }

  /** Changes what is given, and leaves the rest. @throws NOT_FOUND, ROLLOUT_POLICY_INVALID */
  async update(
    actor: Actor,
    meshId: string,
    change: {
      readonly driftPolicy?: DriftPolicy | undefined;
      readonly rolloutPolicy?: RolloutPolicy | undefined;
    },
  ): Promise<ConfigurationSettingsView> {
    authorize(actor, 'configuration.write');
    if (actor.namespaces) {
      throw new IsthmusError(
        'NAMESPACE_FORBIDDEN',
        'these settings are of the whole mesh, and you may change some namespaces alone',
      );
    }
    const { driftPolicy, rolloutPolicy } = change;
    if (rolloutPolicy) within('rolloutPolicy', () => assertPolicy(rolloutPolicy));
    const data = {
      ...(driftPolicy ? { driftPolicy } : {}),
      ...(rolloutPolicy ? { rolloutPolicy: toJson(rolloutPolicy) } : {}),
    };
    const { organizationId } = actor;
    return this.database.withOrganization(organizationId, async (tx) => {
      await findMesh(tx, meshId);
      await advanceMesh(tx, meshId, 'settings');
      await tx.meshConfiguration.upsert({
        where: { meshId },
        create: { meshId, organizationId, ...data },
        update: data,
      });
      return load(tx, meshId);
    });
  }
}

async function load(tx: Transaction, meshId: string): Promise<ConfigurationSettingsView> {
  const row = await tx.meshConfiguration.findUnique({ where: { meshId } });
  return {
    driftPolicy: (row?.driftPolicy ?? 'revert') as DriftPolicy,
    rolloutPolicy: row?.rolloutPolicy ? fromJson<RolloutPolicy>(row.rolloutPolicy) : defaultPolicy,
    currentReleaseId: row?.currentReleaseId ?? null,
  };
}
