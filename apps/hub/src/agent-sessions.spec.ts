import type { FactStore } from '@isthmus/federation';
import { cloneMs, type EnrolmentService, type PresenceService } from '@isthmus/fleet';
import { createLogger } from '@isthmus/platform';
import type { SyncPeer } from '@isthmus/sync';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentSessions } from './agent-sessions.js';
import type { LiveViews } from './live-views.js';

const identity = { organizationId: 'org', meshId: 'mesh', clusterId: 'cluster', serial: '1' };
const peer = { address: '192.0.2.1:1', signal: new AbortController().signal } as SyncPeer;

/** What the sessions ask, answered alike whatever happens: another hub reports the same cluster. */
function start() {
  const lock = vi.fn(async () => undefined);
  const sessions = new AgentSessions(
    { authenticate: async () => identity, lock } as unknown as EnrolmentService,
    {
      contact: async () => [identity],
      connected: async () => undefined,
      disconnected: async () => undefined,
    } as unknown as PresenceService,
    { versions: async () => new Map() } as unknown as FactStore,
    { onSettings: () => undefined, onRestore: () => undefined } as unknown as LiveViews,
    createLogger('spec', 'fatal'),
  );
  return { sessions, lock };
}

describe('an agent that another hub reports as well', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is locked once it has been here for as long as two sessions of one agent may overlap', async () => {
    const { sessions, lock } = start();
    (await sessions.facts(peer)).opened?.({} as never);
    await vi.advanceTimersByTimeAsync(cloneMs);
    expect(lock).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(lock).toHaveBeenCalledWith(identity, expect.stringContaining('two hubs'));
    sessions.onModuleDestroy();
  });

  it('is not locked by hubs that come and go, each under another name', async () => {
    for (let life = 0; life < 10; life += 1) {
      const { sessions, lock } = start();
      (await sessions.facts(peer)).opened?.({} as never);
      await vi.advanceTimersByTimeAsync(15_000);
      expect(lock).not.toHaveBeenCalled();
      sessions.onModuleDestroy();
    }
  });
});
