import type { UpgradeChannel } from '../../api/generated/graphql.js';

export interface KnownVersion {
  readonly version: string;
  readonly minor: string;
  readonly released?: string | null;
  readonly endOfLife?: string | null;
  readonly isVerified: boolean;
  readonly channels: readonly UpgradeChannel[];
}

export const channelWords: Readonly<Record<UpgradeChannel, string>> = {
  RAPID: 'rapid',
  REGULAR: 'regular',
  STABLE: 'stable',
};

const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' });

/** @param date such as 2026-05-12, which is no time, and the same day everywhere. */
export function dateInWords(date: string): string {
  return dates.format(new Date(`${date}T00:00:00Z`));
}

/** A version with what one chooses it by: `1.30.4 · stable, regular · released May 12, 2026`. */
export function versionInWords({ version, released, isVerified, channels }: KnownVersion): string {
  const marks = [
    version,
    channels.map((channel) => channelWords[channel]).join(', '),
    released ? `released ${dateInWords(released)}` : '',
    isVerified ? '' : 'not verified',
  ];
  return marks.filter(Boolean).join(' · ');
}

export interface VersionGroup {
  readonly group: string;
  readonly items: readonly { readonly value: string; readonly label: string }[];
}

/** As a choice has them: by minor version, as they come. @param now in ms. */
export function versionGroups(versions: readonly KnownVersion[], now: number): VersionGroup[] {
  return [...Map.groupBy(versions, ({ minor }) => minor)].map(([minor, of]) => ({
    group: `${minor}${lifeOf(of[0]?.endOfLife, now)}`,
    items: of.map((version) => ({ value: version.version, label: versionInWords(version) })),
  }));
}

function lifeOf(endOfLife: string | null | undefined, now: number): string {
  if (!endOfLife) return '';
  const isOver = Date.parse(endOfLife) <= now;
  return ` (${isOver ? 'out of support since' : 'supported until'} ${dateInWords(endOfLife)})`;
}

/** What the form begins with: where the regular channel leads, or the newest that is verified. */
export function usualVersion(versions: readonly KnownVersion[]): string {
  const usual =
    versions.find(({ channels }) => channels.includes('REGULAR')) ??
    versions.find(({ isVerified }) => isVerified) ??
    versions[0];
  return usual?.version ?? '';
}
