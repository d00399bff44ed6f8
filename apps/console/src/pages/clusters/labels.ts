/** A label of Kubernetes, as the API takes it. */
interface Label {
  readonly key: string;
  readonly value: string;
}

/** Entries that are separated by commas or lines. */
export function entriesOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** Labels as people write them: `env=prod, tier=edge`, or one a line. A key alone has no value. */
export function readLabels(text: string): Label[] {
  return entriesOf(text).map((entry) => {
    const at = entry.indexOf('=');
    return at < 0
      ? { key: entry, value: '' }
      : { key: entry.slice(0, at).trim(), value: entry.slice(at + 1).trim() };
  });
}

/** One a line, as `readLabels` reads them. */
export function writeLabels(labels: readonly Label[]): string {
  return labels.map(({ key, value }) => (value === '' ? key : `${key}=${value}`)).join('\n');
}
