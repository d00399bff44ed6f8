const width = 100;

/**
 * JSON to be read, laid out as the formatter wants it: lists of plain values on one line where they fit.
 *
 * @param taken columns of the line that are in use already.
 */
export function jsonText(value: unknown, indent = '', taken = indent.length): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const line = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    const isPlain = value.every((item) => typeof item !== 'object' || item === null);
    // A comma may follow.
    if (isPlain && taken + line.length < width) return line;
    const items = value.map((item) => `${inner}${jsonText(item, inner)}`);
    return `[\n${items.join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value).map(([key, item]) => {
    const start = `${inner}${JSON.stringify(key)}: `;
    return start + jsonText(item, inner, start.length);
  });
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${indent}}`;
}
