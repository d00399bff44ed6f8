import type { FactStore } from '@isthmus/federation';
import { cloneMs, type EnrolmentService, type PresenceService } from '@isthmus/fleet';
import { createLogger, HubMetrics } from '@isthmus/platform';
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
    new HubMetrics(),
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

describe('an agent whose cluster is given another network', () => {
  it('is sent away, to come back for what belongs to it there; others stay', async () => {
    const sets = new Map([
      ['cluster', new Map()],
      ['other', new Map()],
    ]);
    const view = { setsFor: (id: string) => sets.get(id), refresh: async () => undefined };
    let tell = (_meshId: string): void => {};
    const sessions = new AgentSessions(
      {
        authenticate: async (certificate: string) => ({ ...identity, clusterId: certificate }),
        recheckAll: async () => new Map(),
      } as unknown as EnrolmentService,
      {
        connected: async () => undefined,
        disconnected: async () => undefined,
        heldReleases: async () => 0,
      } as unknown as PresenceService,
      {} as FactStore,
      {
        acquire: async () => view,
        release: () => undefined,
        onSettings: (listener: typeof tell) => {
          tell = listener;
        },
        onRestore: () => undefined,
      } as unknown as LiveViews,
      createLogger('spec', 'fatal'),
      new HubMetrics(),
    );
    const open = async (certificate: string) => {
      const end = vi.fn();
      const stream = await sessions.intents({ ...peer, certificate, end } as unknown as SyncPeer);
      stream.opened?.({ held: () => [] } as never);
      return end;
    };
    const [end, endOther] = [await open('cluster'), await open('other')];
    expect(end).not.toHaveBeenCalled();
    sets.set('cluster', new Map());
    tell('mesh');
    await vi.waitFor(() => expect(end).toHaveBeenCalledTimes(1));
    expect(end.mock.calls[0]?.[0]).toMatchObject({ code: 'UNAVAILABLE' });
    expect(endOther).not.toHaveBeenCalled();
    expect(await open('cluster')).not.toHaveBeenCalled();
    sessions.onModuleDestroy();
  });
});
