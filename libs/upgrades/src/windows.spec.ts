import { describe, expect, it } from 'vitest';
import { type Freeze, type MaintenanceWindow, weekDays } from './model.js';
import { assertFreezes, assertWindows, mayProceed } from './windows.js';

const minute = 60_000;

function window(more: Partial<MaintenanceWindow> = {}): MaintenanceWindow {
  return {
    name: 'nights',
    days: ['SATURDAY'],
    opens: '22:00',
    minutes: 240,
    timeZone: 'Europe/Zurich',
    ...more,
  };
}

function freeze(from: string, until: string, more: Partial<Freeze> = {}): Freeze {
  return { name: 'year end', from: new Date(from), until: new Date(until), ...more };
}

const at = (time: string) => new Date(time);
const ask = (windows: MaintenanceWindow[], freezes: Freeze[], time: string, labels = {}) =>
  mayProceed(labels, windows, freezes, at(time));

describe('maintenance windows', () => {
  it('let clusters go at any time if none selects them', () => {
    expect(ask([], [], '2026-11-27T12:00:00Z')).toEqual({ may: true });
    const prod = window({ clusterSelector: 'env=prod' });
    expect(ask([prod], [], '2026-11-27T12:00:00Z', { env: 'test' })).toEqual({ may: true });
    expect(ask([prod], [], '2026-11-27T12:00:00Z', { env: 'prod' }).may).toBe(false);
  });

  it('are open over midnight, to the minute', () => {
    // 28 November 2026 is a Saturday; Zurich is an hour ahead of UTC.
    expect(ask([window()], [], '2026-11-28T20:59:59.999Z')).toMatchObject({
      may: false,
      reason: 'OutsideWindow',
      until: at('2026-11-28T21:00:00Z'),
    });
    expect(ask([window()], [], '2026-11-28T21:00:00Z')).toEqual({ may: true });
    expect(ask([window()], [], '2026-11-29T00:59:59.999Z')).toEqual({ may: true });
    expect(ask([window()], [], '2026-11-29T01:00:00Z')).toMatchObject({
      until: at('2026-12-05T21:00:00Z'),
    });
  });

  it('say which one and until when', () => {
    const said = ask([window()], [], '2026-11-28T20:00:00Z');
    expect(said).toMatchObject({
      message:
        "outside of its maintenance window 'nights'; from 2026-11-28 21:00 UTC on it may go on",
    });
  });

  it('may stay open for a week, and so for ever', () => {
    const always = window({ minutes: 10_080 });
    for (let day = 1; day <= 14; day += 1)
      expect(mayProceed({}, [always], [], new Date(Date.UTC(2026, 10, day, 5)))).toEqual({
        may: true,
      });
  });
});

describe('freezes', () => {
  const december = freeze('2026-12-01T00:00:00Z', '2027-01-04T00:00:00Z');

  it('win over windows, and last up to their end', () => {
    expect(ask([window()], [december], '2026-12-05T22:00:00Z')).toMatchObject({
      reason: 'Frozen',
      message: expect.stringContaining("'year end' until 2027-01-04 00:00 UTC"),
      until: at('2027-01-09T21:00:00Z'),
    });
    expect(ask([], [december], '2026-11-30T23:59:59Z')).toEqual({ may: true });
    expect(ask([], [december], '2027-01-04T00:00:00Z')).toEqual({ may: true });
  });

  it('end when the last of those that follow upon each other does', () => {
    const next = freeze('2027-01-03T00:00:00Z', '2027-01-10T00:00:00Z', { name: 'audit' });
    expect(ask([], [december, next], '2026-12-24T00:00:00Z')).toMatchObject({
      until: at('2027-01-10T00:00:00Z'),
    });
  });

  it('are passed over where they select other clusters', () => {
    const prod = { ...december, clusterSelector: 'env=prod' };
    expect(ask([], [prod], '2026-12-24T00:00:00Z', { env: 'test' })).toEqual({ may: true });
  });

  it('that begin while a window is closed put its next opening off', () => {
    const weekend = freeze('2026-11-28T12:00:00Z', '2026-11-30T00:00:00Z');
    expect(ask([window()], [weekend], '2026-11-27T12:00:00Z')).toMatchObject({
      reason: 'OutsideWindow',
      until: at('2026-12-05T21:00:00Z'),
    });
  });
});

/** What a clock on the wall shows; by another library than the function's. */
function wallClock(timeZone: string): (time: number) => { date: string; time: string } {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (time) => {
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
    const date = `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
    return { date, time: `${parts.get('hour')}:${parts.get('minute')}` };
  };
}

function later(time: string, minutes: number): string {
  const [hour = 0, rest = 0] = time.split(':').map(Number);
  const sum = hour * 60 + rest + minutes;
  return `${String(Math.floor(sum / 60)).padStart(2, '0')}:${String(sum % 60).padStart(2, '0')}`;
}

/** When the clock shows what for the first time, by date. */
function watch(timeZone: string, from: number, until: number): Map<string, Map<string, number>> {
  const clock = wallClock(timeZone);
  const shown = new Map<string, Map<string, number>>();
  for (let time = from; time < until; time += minute) {
    const { date, time: said } = clock(time);
    const times = shown.get(date) ?? new Map<string, number>();
    shown.set(date, times);
    if (!times.has(said)) times.set(said, time);
  }
  return shown;
}

/** The minutes at which a window is open. */
function minutesOf(
  of: MaintenanceWindow,
  shown: ReadonlyMap<string, ReadonlyMap<string, number>>,
  gapMinutes: number,
): Set<number> {
  const open = new Set<number>();
  for (const [date, times] of shown) {
    const day = weekDays[(new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7];
    if (day === undefined || !of.days.includes(day)) continue;
    const opens = times.get(of.opens) ?? times.get(later(of.opens, gapMinutes));
    if (opens === undefined) continue;
    for (let time = opens; time < opens + of.minutes * minute; time += minute) open.add(time);
  }
  return open;
}

describe('windows over a change of clocks', () => {
  const changes = [
    ['Europe/Zurich', '2026-03-29', 60],
    ['Europe/Zurich', '2026-10-25', 60],
    ['America/New_York', '2026-03-08', 60],
    ['America/New_York', '2026-11-01', 60],
    ['Australia/Lord_Howe', '2026-10-04', 30],
    ['Australia/Lord_Howe', '2026-04-05', 30],
    ['Africa/Cairo', '2026-04-24', 60],
    ['America/Santiago', '2026-09-06', 60],
    ['Asia/Kolkata', '2026-03-29', 0],
  ] as const;
  const shapes = [
    ['00:15', 45],
    ['01:30', 120],
    ['02:15', 60],
    ['02:15', 1],
    ['22:30', 480],
    ['23:59', 2_900],
  ] as const;

  it.each(changes)(
    'in %s on %s are open when the clock on the wall says so',
    (timeZone, day, gap) => {
      const middle = Date.parse(`${day}T00:00:00Z`);
      const [from, until] = [middle - 30 * 60 * minute, middle + 30 * 60 * minute];
      const shown = watch(timeZone, from - 3 * 86_400_000, until);
      const wrong: string[] = [];
      for (const [opens, minutes] of shapes) {
        const days = opens === '22:30' ? weekDays.slice(4, 6) : weekDays;
        const of = window({ timeZone, opens, minutes, days });
        const open = minutesOf(of, shown, gap);
        let next: number | undefined;
        for (let time = until - minute; time >= from; time -= minute) {
          if (open.has(time)) next = time;
          const answer = mayProceed({}, [of], [], new Date(time));
          const isRight = answer.may
            ? open.has(time)
            : !open.has(time) && (next === undefined || answer.until?.getTime() === next);
          if (!isRight) wrong.push(`${opens} for ${minutes} at ${new Date(time).toISOString()}`);
        }
        expect(open.size, opens).toBeGreaterThan(0);
      }
      expect(wrong).toEqual([]);
    },
  );
});

describe('settings', () => {
  it.each([
    [{ name: ' ' }, 'windows[0].name'],
    [{ days: [] }, 'windows[0].days'],
    [{ days: ['SOMEDAY' as 'MONDAY'] }, 'windows[0].days'],
    [{ opens: '24:00' }, 'windows[0].opens'],
    [{ opens: '7:00' }, 'windows[0].opens'],
    [{ minutes: 0 }, 'windows[0].minutes'],
    [{ minutes: 10_081 }, 'windows[0].minutes'],
    [{ minutes: 1.5 }, 'windows[0].minutes'],
    [{ timeZone: 'Europe/Nowhere' }, 'windows[0].timeZone'],
    [{ clusterSelector: 'env in' }, 'windows[0].clusterSelector'],
  ])('refuse the window %j', (more, field) => {
    const broken = () => assertWindows([window(more)]);
    expect(broken).toThrow(expect.objectContaining({ code: 'UPGRADE_SETTINGS_INVALID' }));
    expect(broken).toThrow(field);
  });

  it.each([
    [freeze('2026-12-02T00:00:00Z', '2026-12-01T00:00:00Z'), 'freezes[0].until'],
    [freeze('2026-12-02T00:00:00Z', '2028-12-01T00:00:00Z'), 'freezes[0].until'],
    [freeze('never', '2026-12-01T00:00:00Z'), 'freezes[0].from'],
  ])('refuse the freeze %j', (broken, field) => {
    expect(() => assertFreezes([broken])).toThrow(field);
  });

  it('refuse two of one name, and take what is right', () => {
    expect(() => assertWindows([window(), window()])).toThrow('windows[1].name');
    expect(assertWindows([window(), window({ name: 'more', clusterSelector: '!env' })])).toBe(
      undefined,
    );
    expect(assertFreezes([freeze('2026-12-01T00:00:00Z', '2027-01-04T00:00:00Z')])).toBe(undefined);
  });
});
