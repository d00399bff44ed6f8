import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gather } from './gather.js';

const times = { waitMs: 1_000, mostMs: 30_000 };

describe('gather', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('runs once for all that rings within its time', async () => {
    const run = vi.fn(() => Promise.resolve());
    const { ring } = gather(run, times);
    ring();
    ring();
    await vi.advanceTimersByTimeAsync(999);
    expect(run).not.toHaveBeenCalled();
    ring();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('does not begin anew while it runs, and runs once more afterwards', async () => {
    let end = (): void => {};
    const run = vi.fn(() => new Promise<void>((resolve) => (end = resolve)));
    const { ring } = gather(run, times);
    ring();
    await vi.advanceTimersByTimeAsync(1_000);
    ring();
    ring();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(run).toHaveBeenCalledTimes(1);
    end();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(run).toHaveBeenCalledTimes(2);
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('goes on after a run that fails, and past one that hangs', async () => {
    const run = vi
      .fn(() => Promise.resolve())
      .mockImplementationOnce(() => Promise.reject(new Error('refused')))
      .mockImplementationOnce(() => new Promise(() => {}));
    const { ring } = gather(run, times);
    ring();
    await vi.advanceTimersByTimeAsync(1_000);
    ring();
    await vi.advanceTimersByTimeAsync(1_000);
    ring();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(run).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(run).toHaveBeenCalledTimes(3);
  });

  it('runs no more once it is stopped', async () => {
    let end = (): void => {};
    const run = vi.fn(() => new Promise<void>((resolve) => (end = resolve)));
    const { ring, stop } = gather(run, times);
    ring();
    await vi.advanceTimersByTimeAsync(1_000);
    ring();
    stop();
    end();
    ring();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(run).toHaveBeenCalledTimes(1);
  });
});
