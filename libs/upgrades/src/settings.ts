import { findMesh } from '@isthmus/fleet';
import { IsthmusError, within } from '@isthmus/kernel';
import { advanceMesh, Database, Prisma, toJson } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import semver from 'semver';
import type { AgentImage, Charts, Freeze, MaintenanceWindow, UpgradePolicy } from './model.js';
import { assertUpgradePolicy } from './policy.js';
import { loadSettings, settingsOf, type UpgradeSettings } from './rows.js';
import { assertFreezes, assertWindows } from './windows.js';

export interface UpgradeSettingsChange {
  readonly windows?: readonly MaintenanceWindow[] | undefined;
  readonly freezes?: readonly Freeze[] | undefined;
  readonly maxInFlight?: number | undefined;
  readonly requireApproval?: boolean | undefined;
  readonly policy?: UpgradePolicy | undefined;
  readonly charts?: Charts | undefined;
  /** null: what each agent was installed as. */
  readonly agent?: AgentImage | null | undefined;
}

const most = { inFlight: 1_000, digests: 500, values: 64 * 1024, text: 500 };

/** How a mesh has its clusters upgraded. */
@Injectable()
export class UpgradeSettingsService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** @throws NOT_FOUND */
  async get(actor: Actor, meshId: string): Promise<UpgradeSettings> {
    authorize(actor, 'upgrade.read');
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      await findMesh(tx, meshId);
      return loadSettings(tx, meshId);
    });
  }

  /**
   * Changes what is given, and leaves the rest. Windows, freezes and the limit hold for what is under way
   * too.
   *
   * @throws NOT_FOUND, UPGRADE_SETTINGS_INVALID, UPGRADE_POLICY_INVALID
   */
  async update(
    actor: Actor,
    meshId: string,
    change: UpgradeSettingsChange,
  ): Promise<UpgradeSettings> {
    authorize(actor, 'upgrade.write');
    const { windows, freezes, maxInFlight, requireApproval, policy, charts, agent } = change;
    if (windows) assertWindows(windows);
    if (freezes) assertFreezes(freezes);
    if (policy) within('policy', () => assertUpgradePolicy(policy));
    if (charts) assertCharts(charts);
    if (agent) assertAgent(agent);
    if (maxInFlight !== undefined && !(maxInFlight >= 1 && maxInFlight <= most.inFlight)) {
      const message = `maxInFlight must be 1 to ${most.inFlight} clusters`;
      throw new IsthmusError('UPGRADE_SETTINGS_INVALID', message, { field: 'maxInFlight' });
    }
    // Whoever could switch it off could do without it.
    if (requireApproval === false) authorize(actor, 'mesh.write');
    const data = {
      ...(windows && { windows: toJson(windows) }),
      ...(freezes && { freezes: toJson(freezes.map(stored)) }),
      ...(maxInFlight !== undefined && { maxInFlight }),
      ...(requireApproval !== undefined && { requireApproval }),
      ...(policy && { policy: toJson(policy) }),
      ...(charts && { charts: toJson(charts) }),
      ...(agent !== undefined && { agent: agent ? toJson(agent) : Prisma.DbNull }),
    };
    const { organizationId } = actor;
    return this.database.withOrganization(organizationId, async (tx) => {
      await findMesh(tx, meshId);
      await advanceMesh(tx, meshId, 'settings');
      const row = await tx.upgradeSettings.upsert({
        where: { meshId },
        create: { meshId, organizationId, ...data },
        update: data,
      });
      // What is wanted no more is not told any more.
      if (agent === null) await tx.clusterAgent.deleteMany({ where: { meshId } });
      return settingsOf(row);
    });
  }
}

/** As `settingsOf` reads it. */
function stored({ from, until, ...freeze }: Freeze): object {
  return { ...freeze, from: from.toISOString(), until: until.toISOString() };
}

/** @throws UPGRADE_SETTINGS_INVALID */
function assertAgent({ version, digest }: AgentImage): void {
  if (semver.valid(version) !== version || version.includes('+'))
    throw invalid('agent.version', ' must be a version as tags of the agent are, such as 0.2.0');
  if (digest !== '' && !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw invalid('agent.digest', ' must be sha256: and 64 digits of lower-case hex, or nothing');
}

/** @throws UPGRADE_SETTINGS_INVALID */
function assertCharts({ repository, digests, values }: Charts): void {
  const isRemote = /^(https|oci):\/\/[^\s@?#]+$/.test(repository);
  const isFolder = /^\/[^\s]*$/.test(repository) && !repository.split('/').includes('..');
  if (repository.length > most.text || !(isRemote || isFolder)) {
    throw invalid(
      'charts.repository',
      ' must be https://…, oci://… or the absolute path of a folder, without credentials; give those to the agents',
    );
  }
  const entries = Object.entries(digests);
  if (entries.length > most.digests)
    throw invalid('charts.digests', ` has at most ${most.digests} entries`);
  for (const [name, digest] of entries) {
    if (!/^(base|istiod)-\d+\.\d+\.\d+[-.0-9A-Za-z]*$/.test(name))
      throw invalid(
        'charts.digests',
        `: '${name.slice(0, 80)}' is not base-<version> or istiod-<version>`,
      );
    if (!/^[0-9a-f]{64}$/.test(digest))
      throw invalid('charts.digests', `: that of ${name} is no SHA-256 in lower-case hex`);
  }
  if (JSON.stringify(values).length > most.values)
    throw invalid('charts.values', ` may have ${most.values} bytes of JSON at most`);
  for (const name of ['revision', 'revisionTags', 'defaultRevision']) {
    if (Object.hasOwn(values, name))
      throw invalid('charts.values', ` may not set ${name}: upgrades do`);
  }
}

/** @param words that go on after the field. */
function invalid(field: string, words: string): IsthmusError {
  return new IsthmusError('UPGRADE_SETTINGS_INVALID', field + words, { field });
}
