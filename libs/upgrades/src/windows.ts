import { IsthmusError, messageOf } from '@isthmus/kernel';
import { matchesSelector, parseSelector } from '@isthmus/releases';
import { DateTime, IANAZone } from 'luxon';
import { type Freeze, type MaintenanceWindow, type Proceeding, weekDays } from './model.js';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const most = { windows: 50, freezes: 100, name: 63, minutes: 10_080, freezeDays: 366 };

type Labels = Readonly<Record<string, string>>;
/** From its first millisecond up to, and without, the other. */
type Interval = readonly [from: number, until: number];

/**
 * Whether a cluster may be disturbed now. Without a window that selects it: at any time that is not
 * frozen. `until` is the first moment at which it may, all windows and freezes considered.
 *
 * @param labels of the cluster, as `selectableLabels` has them.
 */
export function mayProceed(
  labels: Labels,
  windows: readonly MaintenanceWindow[],
  freezes: readonly Freeze[],
  now: Date,
): Proceeding {
  const its = windows.filter((window) => selects(window, labels));
  const frozen = freezes.filter((freeze) => selects(freeze, labels));
  const at = now.getTime();
  const freeze = lastOf(frozen, at);
  if (!freeze && isOpen(its, at)) return { may: true };
  const until = firstMoment(its, frozen, at);
  const when = until === undefined ? '' : `; from ${sayTime(until)} on it may go on`;
  if (freeze) {
    const end = freeze.until.getTime();
    const message = `frozen by '${freeze.name}' until ${sayTime(end)}${until === end ? '' : when}`;
    return { may: false, reason: 'Frozen', message, until: dateOf(until) };
  }
  const names = its.map(({ name }) => `'${name}'`);
  const message = `outside of its maintenance ${names.length === 1 ? 'window' : 'windows'} ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}${when}`;
  return { may: false, reason: 'OutsideWindow', message, until: dateOf(until) };
}

function selects(
  { clusterSelector }: { readonly clusterSelector?: string | undefined },
  labels: Labels,
) {
  return matchesSelector(parseSelector(clusterSelector ?? ''), labels);
}

/** Of the freezes that hold at a moment, the one that holds longest. */
function lastOf(freezes: readonly Freeze[], at: number): Freeze | undefined {
  return freezes
    .filter(({ from, until }) => from.getTime() <= at && at < until.getTime())
    .sort((a, b) => b.until.getTime() - a.until.getTime())[0];
}

function isOpen(windows: readonly MaintenanceWindow[], at: number): boolean {
  if (windows.length === 0) return true;
  return windows.some((window) =>
    openingsAround(window, at).some(([from, until]) => from <= at && at < until),
  );
}

/** Each turn leaves a freeze behind, or comes to where a window opens. */
function firstMoment(
  windows: readonly MaintenanceWindow[],
  freezes: readonly Freeze[],
  from: number,
): number | undefined {
  let at = from;
  for (let turn = 0; turn <= freezes.length; turn += 1) {
    at = lastOf(freezes, at)?.until.getTime() ?? at;
    const opens = isOpen(windows, at) ? at : nextOpening(windows, at);
    if (opens === undefined) return undefined;
    at = opens;
    if (!lastOf(freezes, at)) return at;
  }
  return undefined;
}

function nextOpening(windows: readonly MaintenanceWindow[], at: number): number | undefined {
  const openings = windows
    .flatMap((window) => openingsAround(window, at).map(([from]) => from))
    .filter((from) => from > at);
  return openings.length === 0 ? undefined : Math.min(...openings);
}

/** Days before and after a moment whose openings can be open then, or are the next. */
const reach = { before: most.minutes / 1_440 + 2, after: 9 };
const seen = new WeakMap<
  MaintenanceWindow,
  { readonly day: number; readonly openings: Interval[] }
>();

/** Kept by day: thousands of clusters ask in one breath. */
function openingsAround(window: MaintenanceWindow, at: number): readonly Interval[] {
  const day = Math.floor(at / dayMs);
  const known = seen.get(window);
  if (known?.day === day) return known.openings;
  const openings: Interval[] = [];
  const [hour = 0, minute = 0] = window.opens.split(':').map(Number);
  const middle = DateTime.fromMillis(day * dayMs, { zone: window.timeZone });
  for (let offset = -reach.before; offset <= reach.after; offset += 1) {
    const date = middle.plus({ days: offset });
    const weekDay = weekDays[date.weekday - 1];
    if (weekDay === undefined || !window.days.includes(weekDay)) continue;
    const from = momentOf(date, hour, minute, window.timeZone);
    openings.push([from, from + window.minutes * minuteMs]);
  }
  seen.set(window, { day, openings });
  return openings;
}

/**
 * When the clock shows that; the first time, if it does twice. A time that it passes over comes as
 * much later.
 */
function momentOf(
  { year, month, day }: DateTime,
  hour: number,
  minute: number,
  zone: string,
): number {
  const shown = DateTime.fromObject({ year, month, day, hour, minute }, { zone });
  return Math.min(...shown.getPossibleOffsets().map((time) => time.toMillis()));
}

function sayTime(at: number): string {
  return new Date(at)
    .toISOString()
    .replace(/:\d\d\.\d{3}Z$/, ' UTC')
    .replace('T', ' ');
}

function dateOf(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}

/** @throws UPGRADE_SETTINGS_INVALID naming the field */
export function assertWindows(windows: readonly MaintenanceWindow[]): void {
  if (windows.length > most.windows) throw invalid('windows', `must be ${most.windows} at most`);
  assertNames('windows', windows);
  for (const [index, window] of windows.entries()) {
    const field = `windows[${index}]`;
    const { days, opens, minutes, timeZone } = window;
    assertSelector(field, window.clusterSelector);
    if (days.length === 0) throw invalid(`${field}.days`, 'must name one day at least');
    const stray = days.find((day) => !weekDays.includes(day));
    if (stray !== undefined) throw invalid(`${field}.days`, `must be of ${weekDays.join(', ')}`);
    if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(opens))
      throw invalid(`${field}.opens`, 'must be HH:MM, from 00:00 to 23:59');
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > most.minutes)
      throw invalid(`${field}.minutes`, `must be 1 to ${most.minutes}`);
    if (!IANAZone.isValidZone(timeZone))
      throw invalid(`${field}.timeZone`, 'must be of the IANA database, such as Europe/Zurich');
  }
}

/** @throws UPGRADE_SETTINGS_INVALID naming the field */
export function assertFreezes(freezes: readonly Freeze[]): void {
  if (freezes.length > most.freezes) throw invalid('freezes', `must be ${most.freezes} at most`);
  assertNames('freezes', freezes);
  for (const [index, { clusterSelector, from, until }] of freezes.entries()) {
    const field = `freezes[${index}]`;
    assertSelector(field, clusterSelector);
    for (const [name, date] of Object.entries({ from, until }))
      if (Number.isNaN(date.getTime())) throw invalid(`${field}.${name}`, 'must be a time');
    if (until <= from) throw invalid(`${field}.until`, 'must be after from');
    if (until.getTime() - from.getTime() > most.freezeDays * dayMs)
      throw invalid(`${field}.until`, `must be ${most.freezeDays} days after from at most`);
  }
}

function assertNames(list: string, entries: readonly { readonly name: string }[]): void {
  const names = new Set<string>();
  for (const [index, { name }] of entries.entries()) {
    const field = `${list}[${index}].name`;
    if (name.trim() === '' || name.length > most.name)
      throw invalid(field, `must have 1 to ${most.name} characters`);
    if (names.has(name))
      throw invalid(field, `must be another than those before: '${name}' is taken`);
    names.add(name);
  }
}

function assertSelector(field: string, selector: string | undefined): void {
  try {
    parseSelector(selector ?? '');
  } catch (error) {
    throw invalid(`${field}.clusterSelector`, `must be a label selector: ${messageOf(error)}`);
  }
}

function invalid(field: string, message: string): IsthmusError {
  return new IsthmusError('UPGRADE_SETTINGS_INVALID', `${field} ${message}`, {
    field: field.replaceAll(/\[(\d+)\]/g, '.$1'),
  });
}
