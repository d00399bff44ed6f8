import { expect, test } from 'vitest';
import type { ConfigurationObject, Json, Override } from '../objects.js';
import { applyOverrides, OverrideError, readPatch } from './override.js';
import { parseSelector } from './selector.js';

const object: ConfigurationObject = {
  group: 'networking.istio.io',
  version: 'v1',
  kind: 'VirtualService',
  namespace: 'shop',
  name: 'cart',
  labels: { team: 'shop' },
  annotations: {},
  spec: { hosts: ['cart'], http: [{ timeout: '3s' }] },
  clusters: [],
  place: { path: 'a.yaml', line: 1 },
};

function override(name: string, patch: Json, target = object): Override {
  const read = readPatch(patch);
  if ('code' in read) throw new Error(read.message);
  const { group, kind, namespace, name: targetName } = target;
  return {
    name,
    clusters: parseSelector('env=prod'),
    target: { group, kind, namespace, name: targetName },
    patch: read,
    place: { path: 'o.yaml', line: 3 },
  };
}

test('applies JSON and merge patches in the order of their names, and leaves the object as it was', () => {
  const before = structuredClone(object);
  const result = applyOverrides(object, [
    override(
      'b',
      '- {op: test, path: /spec/http/0/timeout, value: 5s}\n- {op: replace, path: /spec/http/0/timeout, value: 7s}',
    ),
    override('a', 'spec:\n  http: [{timeout: 5s}]\nmetadata:\n  labels: {team: null, tier: x}'),
    override('c', [{ op: 'remove', path: '/spec/hosts' }], { ...object, name: 'other' }),
  ]);
  expect(result).toEqual({
    ...object,
    labels: { tier: 'x' },
    spec: { hosts: ['cart'], http: [{ timeout: '7s' }] },
  });
  expect(object).toEqual(before);
});

test('an override is applied as often as one likes', () => {
  const add = override('a', [
    { op: 'add', path: '/spec/extra', value: { list: [1] } },
    { op: 'add', path: '/spec/extra/list/-', value: 2 },
  ]);
  expect(applyOverrides(object, [add])).toEqual(applyOverrides(object, [add]));
});

test('without one for it, it is the object itself', () => {
  expect(applyOverrides(object, [])).toBe(object);
});

test.each<[string, Json]>([
  ['there is nothing at that path', [{ op: 'replace', path: '/spec/tls/0', value: 1 }]],
  ['there is nothing at that path', [{ op: 'add', path: '/spec/http/9', value: 1 }]],
  ['the value is another one', [{ op: 'test', path: '/spec/hosts/0', value: 'x' }]],
  ['reserved', [{ op: 'add', path: '/metadata/labels/isthmus.dev~1x', value: 'y' }]],
  ['is not part of the object', { metadata: { annotations: { 'isthmus.dev/clusters': 'a' } } }],
  ['no string', { metadata: { labels: { a: 1 } } }],
  [
    'more than',
    Array.from({ length: 40 }, () => ({ op: 'copy', from: '/spec/http', path: '/spec/http/-' })),
  ],
  ['more than', [{ op: 'add', path: '/spec/x', value: 'x'.repeat(300_000) }]],
])('fails: %s', (message, patch) => {
  const apply = () => applyOverrides(object, [override('bad', patch)]);
  expect(apply).toThrow(OverrideError);
  expect(apply).toThrow(message);
});

test.each<[string, Json]>([
  ['InvalidPatch', 7],
  ['InvalidPatch', []],
  ['InvalidPatch', {}],
  ['InvalidPatch', 'a: b\n---\nc: d'],
  ['InvalidPatch', [{ op: 'append', path: '/spec/a', value: 1 }]],
  ['InvalidPatch', [{ op: 'add', path: '/spec/a' }]],
  ['InvalidPatch', [{ op: 'remove', path: '/spec/~2' }]],
  ['InvalidPatch', Array(101).fill({ op: 'remove', path: '/spec/a' })],
  ['BadYaml', 'a: ['],
  ['ForbiddenKey', '{"spec": {"__proto__": {"polluted": true}}}'],
  ['ForbiddenKey', [{ op: 'add', path: '/spec/__proto__/polluted', value: true }]],
  ['ForbiddenKey', [{ op: 'copy', from: '/spec/constructor/prototype', path: '/spec/a' }]],
  ['PatchOutsideObject', [{ op: 'replace', path: '/spec', value: {} }]],
  ['PatchOutsideObject', [{ op: 'replace', path: '', value: {} }]],
  ['PatchOutsideObject', [{ op: 'replace', path: '/metadata/namespace', value: 'x' }]],
  ['PatchOutsideObject', [{ op: 'move', from: '/metadata/name', path: '/spec/a' }]],
  ['PatchOutsideObject', { kind: 'Gateway' }],
  ['PatchOutsideObject', { metadata: { name: 'x' } }],
  ['PatchOutsideObject', { spec: null }],
])('does not take, %s: %j', (code, patch) => {
  expect(readPatch(patch)).toMatchObject({ code });
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});
