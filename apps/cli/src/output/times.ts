const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** How long ago, or `in` how long, in its largest unit: `3d`, `in 5m`; nothing for no time. */
export function ago(at: string | null | undefined, now = Date.now()): string {
  if (!at) return '';
  const seconds = Math.round((now - Date.parse(at)) / 1000);
  const length = lengthOf(Math.abs(seconds));
  return seconds < 0 ? `in ${length}` : length;
}

/** Such as `3d`, `5m` or `0s`. */
export function lengthOf(seconds: number): string {
  const [unit, size] = units.find(([, most]) => seconds >= most) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
