import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Bell } from './bell.js';

/** A stand-in for the socket: what the server says, and when, is what is looked at here. */
class Socket {
  static readonly all: Socket[] = [];
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readyState = 1;
  onopen?: () => void;
  onmessage?: (event: { readonly data: string }) => void;
  onclose?: (event: object) => void;
  readonly sent: { readonly type: string; readonly id?: string; readonly payload?: object }[] = [];

  constructor(readonly url: string) {
    Socket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code = 1000): void {
    this.onclose?.({ code, reason: '', wasClean: true });
  }

  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const leastMs = 1000;
let bell: Bell;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Socket);
  Socket.all.length = 0;
});
afterEach(() => {
  bell.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function hang(): void {
  const token = 'secret';
  bell = new Bell({ endpoint: 'https://isthmus.example', token, meshId: 'mesh_1' });
}

/** Of the newest socket, once the server has let it in. */
async function subscribed(): Promise<Socket> {
  await vi.advanceTimersByTimeAsync(0);
  const socket = Socket.all.at(-1) as Socket;
  socket.onopen?.();
  await vi.advanceTimersByTimeAsync(0);
  socket.says({ type: 'connection_ack' });
  await vi.advanceTimersByTimeAsync(0);
  return socket;
}

function ringOn(socket: Socket): void {
  const { id } = socket.sent.find(({ type }) => type === 'subscribe') ?? {};
  socket.says({ type: 'next', id, payload: { data: { meshChanged: { id: 'mesh_1' } } } });
}

/** Whether somebody who waits looks after so long. */
async function looks(waited: Promise<void>, afterMs: number): Promise<boolean> {
  let isLooking = false;
  void waited.then(() => {
    isLooking = true;
  });
  await vi.advanceTimersByTimeAsync(afterMs);
  return isLooking;
}

describe('Bell', () => {
  it('has nobody look while nothing rings, and everybody when something does', async () => {
    hang();
    const socket = await subscribed();
    expect(socket.url).toBe('wss://isthmus.example/graphql');
    expect(socket.sent).toMatchObject([
      { type: 'connection_init', payload: { authorization: 'Bearer secret' } },
      { type: 'subscribe', payload: { variables: { meshId: 'mesh_1' } } },
    ]);
    // What changed before it hung is looked at once.
    expect(await looks(bell.wait(leastMs), leastMs)).toBe(true);
    const waited = bell.wait(leastMs);
    expect(await looks(waited, 10 * leastMs)).toBe(false);
    ringOn(socket);
    expect(await looks(waited, 0)).toBe(true);
  });

  it('has nobody look all the time, however often it rings', async () => {
    hang();
    const socket = await subscribed();
    await looks(bell.wait(leastMs), leastMs);
    const waited = bell.wait(leastMs);
    ringOn(socket);
    expect(await looks(waited, leastMs - 1)).toBe(false);
    expect(await looks(waited, 1)).toBe(true);
  });

  it('has somebody look now and then, whatever it has missed', async () => {
    hang();
    await subscribed();
    await looks(bell.wait(leastMs), leastMs);
    const waited = bell.wait(leastMs);
    expect(await looks(waited, 14_999)).toBe(false);
    expect(await looks(waited, 1)).toBe(true);
  });

  it('has everybody look all the time while it lies on the ground, and hangs again', async () => {
    hang();
    const first = await subscribed();
    await looks(bell.wait(leastMs), leastMs);
    const waited = bell.wait(leastMs);
    await vi.advanceTimersByTimeAsync(2 * leastMs);
    first.close(1001);
    expect(await looks(waited, 0)).toBe(true);
    for (let look = 0; look < 3; look += 1) {
      expect(await looks(bell.wait(leastMs), leastMs)).toBe(true);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    expect(Socket.all).toHaveLength(2);
    const second = await subscribed();
    await looks(bell.wait(leastMs), leastMs);
    const again = bell.wait(leastMs);
    expect(await looks(again, 10 * leastMs)).toBe(false);
    ringOn(second);
    expect(await looks(again, 0)).toBe(true);
  });

  it('is not missed where there are no sockets', async () => {
    vi.stubGlobal('WebSocket', undefined);
    hang();
    expect(await looks(bell.wait(leastMs), leastMs)).toBe(true);
    expect(await looks(bell.wait(leastMs), leastMs)).toBe(true);
  });

  it('is taken down for good', async () => {
    hang();
    const socket = await subscribed();
    bell.close();
    socket.close(1001);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(Socket.all).toHaveLength(1);
  });
});
