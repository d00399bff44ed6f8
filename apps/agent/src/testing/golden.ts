import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/**
 * Compares with a file of `apps/agent/golden`. `UPDATE_GOLDEN=1` writes it anew: read the
 * difference before you keep it.
 */
export function expectGolden(file: string, actual: string): void {
  const name = file.replaceAll(/[ ,]+/g, '-');
  const path = fileURLToPath(new URL(`../../golden/${name}`, import.meta.url));
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  expect(actual).toBe(readFileSync(path, 'utf8'));
}
