import { IsthmusError } from '@isthmus/kernel';
import semver from 'semver';
import type { IstioKnowledge, MinorKnowledge, PatchKnowledge } from './knowledge.js';
import { type Hop, type Installed, revisionOf } from './model.js';

/** Whether it is a version of Istio as its charts and images are called, such as 1.30.2. */
export function isVersion(text: string): boolean {
  return semver.valid(text) === text;
}

/** Negative if `a` comes before `b`. Both must be versions. */
export function compareVersions(a: string, b: string): number {
  return semver.compare(a, b);
}

/** Such as "1.30" of 1.30.2. */
export function minorOf(version: string): string {
  return `${semver.major(version)}.${semver.minor(version)}`;
}

/** How many minor versions `b` is after `a`; negative if it is before. Both are versions, or minor versions. */
export function minorsBetween(a: string, b: string): number {
  return ordinal(b) - ordinal(a);
}

function ordinal(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 1_000 + minor;
}

export function minorKnowledge(
  version: string,
  knowledge: IstioKnowledge,
): MinorKnowledge | undefined {
  return knowledge.minors[minorOf(version)];
}

/** Of its patches, the newest that passes. */
export function newestPatch(
  { patches }: MinorKnowledge,
  passes: (patch: PatchKnowledge) => boolean,
): string | undefined {
  return patches
    .filter(passes)
    .map(({ version }) => version)
    .sort(semver.rcompare)[0];
}

/** What to do about a version that is not known. */
const howToExtend =
  'add it to the file of knowledge that the services are given, see docs/istio-versions.md';

/** @throws UPGRADE_VERSION_INVALID, UPGRADE_VERSION_UNKNOWN */
export function assertKnownVersion(version: string, knowledge: IstioKnowledge): void {
  if (!isVersion(version)) {
    throw new IsthmusError(
      'UPGRADE_VERSION_INVALID',
      `'${version.slice(0, 80)}' is no version of Istio; write it like 1.30.2`,
      { field: 'toVersion' },
    );
  }
  const minor = minorKnowledge(version, knowledge);
  if (minor?.patches.some((patch) => patch.version === version)) return;
  const newest = minor && newestPatch(minor, () => true);
  throw new IsthmusError(
    'UPGRADE_VERSION_UNKNOWN',
    `Istio ${version} is not known${newest ? `, the newest known of ${minorOf(version)} is ${newest}` : ''}; ${howToExtend}`,
    { field: 'toVersion' },
  );
}

/**
 * The way from what a cluster has: one minor version at a time, over the newest patch of each that is
 * between. Empty if it is there.
 *
 * @param from null: it has no Istio.
 * @throws UPGRADE_VERSION_INVALID for one before `from`, UPGRADE_VERSION_UNKNOWN where the knowledge ends
 */
export function hopsBetween(
  from: Installed | null,
  toVersion: string,
  knowledge: IstioKnowledge,
): readonly Hop[] {
  assertKnownVersion(toVersion, knowledge);
  const target = installedAs(toVersion);
  if (from === null) return [{ from: null, to: target }];
  if (!isVersion(from.version)) {
    throw new IsthmusError(
      'UPGRADE_VERSION_INVALID',
      `revision ${from.revision} says that it is of version '${from.version}', which cannot be read; have its image carry a tag such as 1.30.2`,
    );
  }
  const order = compareVersions(from.version, toVersion);
  if (order === 0) return [];
  if (order > 0) {
    throw new IsthmusError(
      'UPGRADE_VERSION_INVALID',
      `${toVersion} is before ${from.version}; an upgrade never goes back: roll the upgrade back that brought ${from.version}`,
      { field: 'toVersion' },
    );
  }
  const stops = [...stopsBetween(from.version, toVersion, knowledge).map(installedAs), target];
  return stops.map((to, index) => ({ from: stops[index - 1] ?? from, to }));
}

function installedAs(version: string): Installed {
  return { version, revision: revisionOf(version) };
}

function stopsBetween(from: string, to: string, knowledge: IstioKnowledge): string[] {
  const major = semver.major(to);
  if (semver.major(from) !== major) {
    throw new IsthmusError(
      'UPGRADE_VERSION_UNKNOWN',
      `there is no known way from Istio ${from} to ${to}; upgrade to the last minor version of ${semver.major(from)} first`,
    );
  }
  const stops: string[] = [];
  for (let minor = semver.minor(from) + 1; minor < semver.minor(to); minor += 1) {
    const name = `${major}.${minor}`;
    const known = knowledge.minors[name];
    const stop = known && (newestPatch(known, isSure(known)) ?? newestPatch(known, () => true));
    if (stop === undefined) {
      throw new IsthmusError(
        'UPGRADE_VERSION_UNKNOWN',
        `the way from Istio ${from} to ${to} leads over ${name}, of which no version is known; ${howToExtend}`,
      );
    }
    stops.push(stop);
  }
  return stops;
}

function isSure(minor: MinorKnowledge): (patch: PatchKnowledge) => boolean {
  return ({ version, verified }) =>
    minor.verified && verified && semver.prerelease(version) === null;
}
