import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { platformConfig, port, readConfig } from './config.js';

const good = {
  DATABASE_URL: 'postgresql://x',
  ISTHMUS_KEK: Buffer.alloc(32, 7).toString('base64'),
};

describe('readConfig', () => {
  it('reads what is set and fills in what is not', () => {
    expect(readConfig(platformConfig, good)).toMatchObject({
      DATABASE_URL: 'postgresql://x',
      LOG_LEVEL: 'info',
      ISTHMUS_KEK: new Uint8Array(32).fill(7),
    });
  });

  it('reads a variable from the file that X_FILE names', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isthmus-')), 'url');
    writeFileSync(file, 'postgresql://from-file\n');
    const { DATABASE_URL, ...rest } = good;
    expect(DATABASE_URL).toBeDefined();
    expect(readConfig(platformConfig, { ...rest, DATABASE_URL_FILE: file }).DATABASE_URL).toBe(
      'postgresql://from-file',
    );
  });

  it('names every fault at once and never shows a value', () => {
    const schema = platformConfig.extend({ PORT: port });
    const read = () => readConfig(schema, { ISTHMUS_KEK: 'c2VjcmV0', PORT: '70000' });
    expect(read).toThrow(/DATABASE_URL: is not set.*PORT/s);
    expect(read).toThrow(/ISTHMUS_KEK: must be 32 bytes/);
    expect(read).not.toThrow(/c2VjcmV0/);
  });
});
