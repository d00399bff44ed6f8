import { describe, expect, it } from 'vitest';
import {
  editsOf,
  emptyDraft,
  filesOf,
  headOf,
  moveDraft,
  pathFault,
  readDraft,
  removeFile,
  renameFile,
  writeFile,
} from './draft.js';

const base = [
  { path: 'a.yaml', content: 'a' },
  { path: 'b.yaml', content: 'b' },
];
const none = emptyDraft({ id: 'release_1', number: 1 });

describe('a draft', () => {
  it('is the files of its release with its edits', () => {
    let draft = writeFile(none, base, 'a.yaml', 'A');
    draft = removeFile(draft, base, 'b.yaml');
    draft = writeFile(draft, base, 'c.yaml', 'c');
    expect(filesOf(base, draft)).toEqual([
      { path: 'a.yaml', content: 'A' },
      { path: 'c.yaml', content: 'c' },
    ]);
    expect(editsOf(draft)).toEqual(['a.yaml', 'b.yaml', 'c.yaml']);
  });

  it('has no edit of a file that is again as it was', () => {
    expect(editsOf(writeFile(writeFile(none, base, 'a.yaml', 'A'), base, 'a.yaml', 'a'))).toEqual(
      [],
    );
    const back = writeFile(removeFile(none, base, 'b.yaml'), base, 'b.yaml', 'b');
    expect(editsOf(back)).toEqual([]);
    const new_ = writeFile(none, base, 'c.yaml', 'c');
    expect(editsOf(removeFile(new_, base, 'c.yaml'))).toEqual([]);
  });

  it('keeps the text of a file that gets another name', () => {
    const draft = renameFile(writeFile(none, base, 'a.yaml', 'A'), base, 'a.yaml', 'x/a.yaml');
    expect(filesOf(base, draft).map(({ path, content }) => `${path} ${content}`)).toEqual([
      'b.yaml b',
      'x/a.yaml A',
    ]);
  });

  it('moves to a later release, and tells what both changed', () => {
    let draft = writeFile(none, base, 'a.yaml', 'mine');
    draft = writeFile(draft, base, 'c.yaml', 'same');
    draft = removeFile(draft, base, 'b.yaml');
    const later = [
      { path: 'a.yaml', content: 'theirs' },
      { path: 'b.yaml', content: 'b' },
      { path: 'c.yaml', content: 'same' },
      { path: 'd.yaml', content: 'd' },
    ];
    const moved = moveDraft(draft, base, later, { id: 'release_2', number: 2 });
    expect(moved.conflicts).toEqual(['a.yaml']);
    expect(moved.draft.base?.number).toBe(2);
    expect(filesOf(later, moved.draft).map(({ content }) => content)).toEqual([
      'mine',
      'same',
      'd',
    ]);
  });
});

it('says what is wrong with a path', () => {
  expect(pathFault('shop/x.yaml', base)).toBeUndefined();
  for (const path of ['', '/x.yaml', 'a/../x.yaml', 'x.txt', 'a.yaml', 'a\\b.yaml']) {
    expect(pathFault(path, base), path).toBeTypeOf('string');
  }
});

describe('where a mesh is headed', () => {
  const release = (number: number, createdAt: string) => ({
    id: `release_${number}`,
    number,
    createdAt,
  });
  const rollout = (number: number, createdAt: string, state = 'COMPLETED') => ({
    state,
    createdAt,
    release: { id: `release_${number}`, number },
  });
  const [at1, at2, at3] = [1, 2, 3].map((hour) => `2026-01-01T0${hour}:00:00Z`) as [
    string,
    string,
    string,
  ];

  it('is nowhere before the first release, and then there', () => {
    expect(headOf(undefined, [])).toBeNull();
    expect(headOf(release(1, at1), [])?.number).toBe(1);
  });

  it('is what was rolled out last and not aborted', () => {
    expect(headOf(release(2, at1), [rollout(2, at3, 'ABORTED'), rollout(1, at2)])?.number).toBe(1);
    expect(headOf(release(2, at2), [rollout(1, at3), rollout(2, at2)])?.number).toBe(1);
  });

  it('is the latest one that waits for its rollout', () => {
    expect(headOf(release(2, at2), [rollout(1, at1)])?.number).toBe(2);
    expect(headOf(release(2, at1), [rollout(1, at2)])?.number).toBe(1);
  });
});

describe('readDraft', () => {
  it('reads what was kept', () => {
    const draft = removeFile(writeFile(none, base, 'c.yaml', 'c'), base, 'b.yaml');
    expect(readDraft(JSON.stringify(draft))).toEqual(draft);
    const first = writeFile(emptyDraft(null), [], 'a.yaml', 'a');
    expect(readDraft(JSON.stringify(first))).toEqual(first);
  });

  it.each([
    null,
    'null',
    '{',
    '3',
    '[]',
    '{"base":null,"written":{}}',
    '{"base":null,"written":{"a.yaml":1},"removed":[]}',
    '{"base":{"id":"r"},"written":{},"removed":[]}',
    '{"base":null,"written":{},"removed":[null]}',
  ])('takes %s for none', (text) => {
    expect(readDraft(text)).toBeUndefined();
  });
});
