/**
 * Whether what is there is what was said: what was left unsaid may be anything, and in the items of
 * lists it must be null. Lists of texts have no order here; dates are compared as times.
 *
 * @param isWhole Nothing may be unsaid.
 */
export function covers(is: unknown, said: unknown, isWhole = false): boolean {
  if (said === undefined || said === null) return is === null || is === undefined;
  if (Array.isArray(said)) {
    if (!Array.isArray(is) || is.length !== said.length) return false;
    if (said.every((it) => typeof it === 'string')) {
      return said.toSorted().join('\n') === is.toSorted().join('\n');
    }
    return said.every((item, at) => covers(is[at], item, true));
  }
  if (typeof said === 'object') {
    if (typeof is !== 'object' || is === null || Array.isArray(is)) return false;
    const [there, wanted] = [is as Fields, said as Fields];
    const keys = isWhole ? { ...there, ...wanted } : wanted;
    return Object.keys(keys).every(
      (key) => (!isWhole && wanted[key] === undefined) || covers(there[key], wanted[key], isWhole),
    );
  }
  return is === said || (isTime(is) && isTime(said) && Date.parse(is) === Date.parse(said));
}

type Fields = Readonly<Record<string, unknown>>;

function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value);
}
