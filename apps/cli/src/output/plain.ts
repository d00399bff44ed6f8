/** What the API answered, as a person or a program would write it down. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** Without the edges of connections, and labels as a map. */
export function plain(value: unknown): Plain {
  if (Array.isArray(value)) {
    const values = value as readonly unknown[];
    return isLabels(values) ? mapOf(values) : values.map(plain);
  }
  if (typeof value !== 'object' || value === null) return (value ?? null) as Plain;
  if ('edges' in value && Array.isArray(value.edges)) {
    return value.edges.map(({ node }: { readonly node: unknown }) => plain(node));
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '__typename')
      .map(([key, inner]) => [key, plain(inner)]),
  );
}

interface Label {
  readonly key: string;
  readonly value: string;
}

function isLabels(values: readonly unknown[]): values is readonly Label[] {
  return (
    values.length > 0 &&
    values.every(
      (it) =>
        typeof it === 'object' && it !== null && Object.keys(it).sort().join() === 'key,value',
    )
  );
}

function mapOf(labels: readonly Label[]): Plain {
  return Object.fromEntries(labels.map(({ key, value }) => [key, value]));
}
