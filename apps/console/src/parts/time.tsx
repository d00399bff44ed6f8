import { useSyncExternalStore } from 'react';

/** Unit, its seconds, and from how many on it is used: who has to act until then counts in days. */
const units = [
  ['year', 31_536_000, 2 * 31_536_000],
  ['month', 2_592_000, 100 * 86_400],
  ['day', 86_400, 86_400],
  ['hour', 3600, 3600],
  ['minute', 60, 60],
] as const;
const relative = new Intl.RelativeTimeFormat('en');
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** One clock for all times of the page. */
const tickMs = 5000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, tickMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time now, in ms, some seconds old at most. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => {
    // Nothing ticks yet. Within a render it is one time all the same.
    if (!timer && Date.now() - now > tickMs) now = Date.now();
    return now;
  });
}

/** A time as people say it, the exact one on hover: `3 minutes ago`, `in 21 days`. */
export function Time({ at }: { readonly at: string | number | null | undefined }) {
  const current = useNow();
  if (at === null || at === undefined) return <span>never</span>;
  const date = new Date(at);
  return (
    <time dateTime={date.toISOString()} title={exact.format(date)}>
      {inWords(date.getTime() - current)}
    </time>
  );
}

/** @param milliseconds from now on; less than 0 for what is past. */
export function inWords(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (Math.abs(seconds) < 10) return seconds > 0 ? 'in a moment' : 'just now';
  for (const [unit, size, least] of units) {
    if (Math.abs(seconds) >= least) return relative.format(Math.trunc(seconds / size), unit);
  }
  return relative.format(seconds, 'second');
}
