import type { MeshView, MeshViews } from '@isthmus/federation';
import { IsthmusError } from '@isthmus/kernel';
import { createLogger, type Doorbell, HubMetrics, type MeshListener } from '@isthmus/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveViews } from './live-views.js';

/** A view that fails when it is told to, and a doorbell that rings when it is told to. */
class FakeView {
  settingsRevision = 1n;
  restores = 0;
  refreshes = 0;
  isBroken = false;
  isGone = false;

  async refresh(): Promise<void> {
    this.refreshes += 1;
    if (this.isBroken) throw new Error('the database is away');
    if (this.isGone) throw new IsthmusError('NOT_FOUND', 'there is no such mesh');
  }

  async staleness(): Promise<void> {}
}

let view: FakeView;
let ring: MeshListener;
let views: LiveViews;
let metrics: HubMetrics;

beforeEach(async () => {
  vi.useFakeTimers();
  view = new FakeView();
  metrics = new HubMetrics();
  const factory = { open: () => view as unknown as MeshView } as unknown as MeshViews;
  const doorbell = {
    watch(listener: MeshListener) {
      ring = listener;
      return () => {};
    },
    start: async () => {},
  } as unknown as Doorbell;
  views = new LiveViews(factory, doorbell, createLogger('spec', 'fatal'), metrics);
  await views.onModuleInit();
  await views.acquire('org', 'mesh');
});
afterEach(() => {
  views.onModuleDestroy();
  vi.useRealTimers();
});

describe('a view', () => {
  it('of a mesh that was deleted says so once to who looks after its agents, and is not tried again', async () => {
    const told: string[] = [];
    views.onSettings((meshId) => told.push(meshId));
    view.isGone = true;
    ring('mesh', 2n);
    await vi.advanceTimersByTimeAsync(500);
    expect(told).toEqual(['mesh']);
    const { refreshes } = view;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(view.refreshes).toBe(refreshes);
  });

  it('that could not be refreshed is tried again without another ring', async () => {
    const told: string[] = [];
    views.onSettings((meshId) => told.push(meshId));
    view.isBroken = true;
    view.settingsRevision = 2n;
    ring('mesh', 2n);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(view.refreshes).toBeGreaterThanOrEqual(4);
    expect(told).toEqual([]);
    expect(await metrics.text()).toContain('isthmus_hub_meshes{state="behind"} 1');
    view.isBroken = false;
    await vi.advanceTimersByTimeAsync(1_500);
    expect(told).toEqual(['mesh']);
    expect(await metrics.text()).toContain('isthmus_hub_meshes{state="behind"} 0');
    const { refreshes } = view;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(view.refreshes).toBe(refreshes);
  });

  it('tells of settings that somebody else’s refresh has brought already', async () => {
    const told: string[] = [];
    views.onSettings((meshId) => told.push(meshId));
    ring('mesh', 1n);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['mesh']);
    view.settingsRevision = 7n;
    ring('mesh', 7n);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['mesh', 'mesh']);
  });

  it('tells when its database went back', async () => {
    const told: string[] = [];
    views.onRestore((meshId) => told.push(meshId));
    ring('mesh', 1n);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual([]);
    view.refresh = async () => {
      view.restores += 1;
    };
    ring('mesh', 1n);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['mesh']);
  });
});
