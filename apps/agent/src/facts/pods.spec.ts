import type { Logger } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Kube, KubeError } from '../kube/client.js';
import type { Pod } from '../kube/kinds.js';
import { PodReader } from './pods.js';

const refs = (count: number, prefix = 'p') =>
  Array.from({ length: count }, (_, index) => ({
    namespace: 'demo',
    name: `${prefix}-${index}`,
    uid: `uid-${prefix}-${index}`,
  }));

/** A reader whose requests are answered when the spec says so. */
function reading() {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const read: string[] = [];
  const warnings: unknown[] = [];
  const state = { fails: false };
  const get = async (_kind: unknown, { name }: { name: string }): Promise<Pod> => {
    asked.push(name);
    await new Promise<void>((resolve) => answers.push(resolve));
    if (state.fails) throw new KubeError(429, 'TooManyRequests', 'slow down');
    const labels = { 'security.istio.io/tlsMode': name.endsWith('0') ? 'istio' : 'disabled' };
    return { metadata: { name, uid: `uid-${name}`, labels }, spec: { serviceAccountName: name } };
  };
  const reader = new PodReader({
    kube: { get } as unknown as Kube,
    log: { warn: (...words: unknown[]) => warnings.push(words) } as unknown as Logger,
    onRead: (service) => read.push(service),
  });
  return {
    reader,
    asked,
    read,
    warnings,
    state,
    answer: async (count = answers.length) => {
      for (const answer of answers.splice(0, count)) answer();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

describe('pods', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are read once for all services, eight at a time', async () => {
    const { reader, asked, answer, read } = reading();
    reader.read('demo/many', refs(20));
    reader.read('demo/few', refs(1));
    reader.read('demo/few', refs(1));
    expect(asked).toHaveLength(8);
    await answer(1);
    expect(read).toEqual(['demo/few']);
    expect(asked).toHaveLength(9);
    while (!read.includes('demo/many')) await answer();
    reader.read('demo/many', refs(20));
    expect(asked).toHaveLength(20);
    expect(read).toEqual(['demo/few', 'demo/many']);
    expect(reader.get('uid-p-0')).toEqual({ serviceAccount: 'p-0', inMesh: true });
    expect(reader.get('uid-p-1')).toEqual({ serviceAccount: 'p-1', inMesh: false });
  });

  it('that cannot be read are asked for ever more rarely, with a line for all', async () => {
    const { reader, asked, answer, read, state, warnings } = reading();
    state.fails = true;
    for (const [waitMs, attempts] of [
      [0, 1],
      [999, 1],
      [1, 2],
      [1_000, 2],
      [1_000, 3],
    ] as const) {
      await vi.advanceTimersByTimeAsync(waitMs);
      reader.read('demo/many', refs(5));
      await answer();
      expect(asked).toHaveLength(5 * attempts);
      expect(read).toHaveLength(attempts);
    }
    expect(warnings).toHaveLength(3);
    expect(reader.get('uid-p-0')).toBeUndefined();
    state.fails = false;
    await vi.advanceTimersByTimeAsync(60_000);
    reader.read('demo/many', refs(5));
    await answer();
    expect(reader.get('uid-p-0')).toBeDefined();
  });

  it('are not read on when it is stopped', async () => {
    const { reader, asked, answer, read } = reading();
    reader.read('demo/many', refs(20));
    reader.stop();
    await answer();
    expect(asked).toHaveLength(8);
    expect(read).toEqual([]);
  });

  it('are forgotten when they are gone', async () => {
    const { reader, answer } = reading();
    reader.read('demo/few', refs(2));
    await answer();
    reader.keepOnly(new Set(['uid-p-1']));
    expect(reader.size).toBe(1);
    expect(reader.get('uid-p-0')).toBeUndefined();
  });
});
