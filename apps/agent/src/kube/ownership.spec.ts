import { describe, expect, it } from 'vitest';
import type { KubeObject } from './kinds.js';
import { foreignManagers, includes, removeForeign, setByUs } from './ownership.js';

const there: KubeObject & { spec: object } = {
  metadata: {
    name: 'x',
    resourceVersion: '7',
    managedFields: [
      { manager: 'isthmus-agent', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:weight': {} } } },
      {
        manager: 'status-writer',
        operation: 'Update',
        subresource: 'status',
        fieldsV1: { 'f:status': {} },
      },
      {
        manager: 'old',
        operation: 'Update',
        time: '2026-01-01T00:00:00Z',
        fieldsV1: { 'f:metadata': {} },
      },
      {
        manager: 'intruder',
        operation: 'Update',
        time: '2026-01-02T00:00:00Z',
        fieldsV1: {
          'f:spec': {
            'f:labels': { 'f:a/b': {}, 'f:app': {} },
            'f:ports': {
              'k:{"port":81,"protocol":"TCP"}': { '.': {} },
              'k:{"port":80,"protocol":"TCP"}': { 'f:name': {} },
            },
            'f:gone': {},
          },
        },
      },
    ],
  },
  spec: {
    weight: 3,
    labels: { app: 'echo', 'a/b': '1' },
    ports: [
      { port: 80, protocol: 'TCP', name: 'n' },
      { port: 81, protocol: 'TCP' },
    ],
  },
};

describe('ownership', () => {
  it('finds what others added, from the back, and leaves what they merely changed', () => {
    const wanted = {
      metadata: { name: 'x' },
      spec: { weight: 3, labels: { app: 'echo' }, ports: [{ port: 80, name: 'n' }] },
    };
    expect(removeForeign(there, wanted)).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'remove', path: '/spec/ports/1' },
      { op: 'remove', path: '/spec/labels/a~1b' },
    ]);
    expect(removeForeign(there, there)).toEqual([]);
  });

  it('names others, the latest first, and not those who write status', () => {
    expect(foreignManagers(there)).toEqual(['intruder', 'old']);
    expect(setByUs(there, ['spec', 'weight'])).toBe(true);
    expect(setByUs(there, ['spec', 'labels'])).toBe(false);
  });

  it('lets maps hold more, and lists not', () => {
    expect(includes({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: 1 }, d: [1] })).toBe(true);
    expect(includes({ d: [1, 2] }, { d: [1] })).toBe(false);
    expect(includes(undefined, { a: 1 })).toBe(false);
    expect(includes({ a: '1' }, { a: 1 })).toBe(false);
  });
});
