const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** How long something takes, in its two largest units: `1 day 3 hours`, `5 minutes`. */
export function lasting(seconds: number): string {
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return 'no time';
  let left = Math.round(seconds);
  return units
    .slice(first, first + 2)
    .map(([unit, size]) => {
      const count = Math.floor(left / size);
      left -= count * size;
      return count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`;
    })
    .filter(Boolean)
    .join(' ');
}
