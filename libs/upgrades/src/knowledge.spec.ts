import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadKnowledge } from './knowledge.js';
import { minorsBetween } from './versions.js';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-knowledge-'));
afterAll(() => rmSync(folder, { recursive: true }));

function extended(content: unknown) {
  const path = join(folder, 'more.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return loadKnowledge(path);
}

describe('what comes along', () => {
  const { minors } = loadKnowledge();

  it('is whole: minor versions without a gap, patches of theirs, dates in order', () => {
    const names = Object.keys(minors).sort((a, b) => minorsBetween(b, a));
    expect(names.length).toBeGreaterThanOrEqual(8);
    for (const [index, name] of names.entries()) {
      const minor = minors[name];
      if (index > 0) expect(minorsBetween(names[index - 1] ?? '', name), name).toBe(1);
      expect(
        minor?.patches.every(({ version }) => version.startsWith(`${name}.`)),
        name,
      ).toBe(true);
      const dates = (minor?.patches ?? []).flatMap(({ released }) => released ?? []);
      expect(dates, name).toEqual([...dates].sort());
      if (minor?.kubernetes)
        expect(minorsBetween(minor.kubernetes.min, minor.kubernetes.max), name).toBeGreaterThan(0);
    }
  });
});

describe("an operator's file", () => {
  it('wins where it says something, and adds to lists', () => {
    const known = loadKnowledge();
    const more = extended({
      channels: { stable: { minorAgeDays: 200 } },
      bugs: [{ id: 'ours#1', concerns: 'target', fixedIn: ['1.30.4'], text: 'x', remedy: 'y' }],
      minors: {
        '1.30': {
          endOfLife: '2026-12-24',
          patches: [{ version: '1.30.8', released: '2026-11-01' }],
          deprecations: [
            { group: 'g', kind: 'K', path: 'spec.a[]', when: 'deprecated', replacement: 'b' },
          ],
        },
        '1.32': { released: '2026-11-20', patches: [{ version: '1.32.0' }] },
      },
    });
    expect(more.channels.stable).toEqual({ minorAgeDays: 200, patchAgeDays: 14 });
    expect(more.minors['1.30']).toMatchObject({
      released: '2026-05-18',
      endOfLife: '2026-12-24',
      kubernetes: { min: '1.32' },
    });
    expect(more.minors['1.30']?.patches).toHaveLength(known.minors['1.30']?.patches.length ?? 0);
    expect(more.minors['1.30']?.patches.at(-1)).toEqual({
      version: '1.30.8',
      released: '2026-11-01',
      verified: true,
    });
    expect(more.minors['1.30']?.deprecations).toHaveLength(1);
    expect(more.minors['1.32']).toMatchObject({ crdsChanged: true, proxySkew: 2, verified: true });
    expect(more.bugs).toHaveLength(known.bugs.length + 1);
    expect(more.minors['1.29']).toEqual(known.minors['1.29']);
  });

  it.each([
    ['{', 'cannot be read as JSON'],
    [
      { minors: { '1.30': { patches: [{ version: '1.30' }] } } },
      'minors."1.30".patches[0].version',
    ],
    [{ minors: { '1.30': { patches: [{ version: '1.29.1' }] } } }, '1.29.1 is no version of 1.30'],
    [{ minors: { '1.40': { released: '2027-01-01' } } }, 'minors."1.40".patches'],
    [{ minors: { '1.30': { released: 'May' } } }, 'minors."1.30".released'],
    [{ minors: { '1.30': { eol: '2027-01-01' } } }, 'minors."1.30"'],
    [
      {
        minors: {
          '1.30': {
            deprecations: [
              { group: 'g', kind: 'K', path: 'spec.(', when: 'removed', replacement: 'b' },
            ],
          },
        },
      },
      'minors."1.30".deprecations[0].path',
    ],
    [{ channels: { slow: { minorAgeDays: 1 } } }, 'channels'],
  ])('that is broken is refused: %j', (content, field) => {
    const load = () => extended(content);
    expect(load).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
    expect(load).toThrow(join(folder, 'more.json'));
    expect(load).toThrow(field);
  });

  it('has to be there', () => {
    expect(() => loadKnowledge(join(folder, 'none.json'))).toThrow('none.json');
  });
});
