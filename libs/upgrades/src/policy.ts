import { IsthmusError } from '@isthmus/kernel';
import { assertPolicy } from '@isthmus/releases';
import type { UpgradePolicy } from './model.js';

const most = {
  soak: 7 * 86_400,
  timeout: 86_400,
  grace: 90 * 86_400,
  restarting: 100,
  canaries: 200,
};

/** @throws UPGRADE_POLICY_INVALID, saying which part. */
export function assertUpgradePolicy(policy: UpgradePolicy): void {
  const fail = (field: string | undefined, message: string): never => {
    throw new IsthmusError('UPGRADE_POLICY_INVALID', message, { field });
  };
  const { waves, canaryNamespaces } = policy;
  try {
    assertPolicy({ waves, gate: { soakSeconds: 0, timeoutSeconds: 1, maxRefusedPercent: 0 } });
  } catch (error) {
    if (!(error instanceof IsthmusError)) throw error;
    fail(error.field, error.message);
  }
  if (canaryNamespaces.length > most.canaries)
    fail('canaryNamespaces', `canaryNamespaces has at most ${most.canaries} names`);
  for (const [index, name] of canaryNamespaces.entries()) {
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
      fail(
        `canaryNamespaces.${index}`,
        `canaryNamespaces: '${name.slice(0, 80)}' is no name of a namespace`,
      );
  }
  const ranges = [
    ['soakSeconds', policy.soakSeconds, 0, most.soak],
    ['timeoutSeconds', policy.timeoutSeconds, 1, most.timeout],
    ['graceSeconds', policy.graceSeconds, 0, most.grace],
    ['maxRestarting', policy.maxRestarting, 1, most.restarting],
  ] as const;
  for (const [name, value, least, largest] of ranges) {
    if (!Number.isInteger(value) || value < least || value > largest)
      fail(name, `${name} must be a whole number of ${least} to ${largest}`);
  }
}
