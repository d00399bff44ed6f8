import semver from 'semver';
import type { IstioKnowledge } from './knowledge.js';
import type { Channel } from './model.js';
import { minorsBetween, newestPatch } from './versions.js';

const dayMs = 86_400_000;

/**
 * The version that a channel wants now: the newest patch of the newest minor version that are old
 * enough. What is not verified, has no date or is a release candidate is passed over.
 *
 * @returns undefined: nothing is old enough.
 */
export function targetOf(
  channel: Channel,
  knowledge: IstioKnowledge,
  now: Date,
): string | undefined {
  const { minorAgeDays, patchAgeDays } = knowledge.channels[channel];
  const isOld = (released: string | undefined, ageDays: number): boolean =>
    released !== undefined && now.getTime() - Date.parse(released) >= ageDays * dayMs;
  const minors = Object.entries(knowledge.minors)
    .filter(([, { verified, released }]) => verified && isOld(released, minorAgeDays))
    .sort(([a], [b]) => minorsBetween(a, b));
  for (const [, minor] of minors) {
    const version = newestPatch(
      minor,
      (patch) =>
        patch.verified &&
        isOld(patch.released, patchAgeDays) &&
        semver.prerelease(patch.version) === null,
    );
    if (version !== undefined) return version;
  }
  return undefined;
}
