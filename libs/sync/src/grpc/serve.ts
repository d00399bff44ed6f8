import { Metadata, type Server, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { IsthmusError } from '@isthmus/kernel';
import { Publisher, type PublisherSettings } from '../publisher.js';
import { type Scheduler, systemScheduler } from '../scheduler.js';
import { Subscriber, type SubscriberSettings } from '../subscriber.js';
import { Outbox } from './outbox.js';
import { syncService } from './service.js';
import { TryAgainLater, toCallFailure } from './status.js';
import { cutOff, peerCertificate } from './transport.js';

/** Who opened a stream, and the means to end it. */
export interface SyncPeer {
  /** DER; see `peerCertificate` for what has not been verified. */
  readonly certificate: Buffer | undefined;
  /** Address and port: the same for all streams of one connection. */
  readonly address: string;
  /** Aborted when the stream has ended. */
  readonly signal: AbortSignal;
  /** Ends the stream, telling the peer why. */
  end(error: IsthmusError): void;
}

interface StreamCallbacks<Role> {
  /** The stream is open. */
  opened?(role: Role): void;
  /**
   * The stream has ended, after `opened`, and nothing of it runs any more; with why, unless the peer
   * just went.
   */
  closed?(error: IsthmusError | undefined): void;
}

/** How the intents of one stream are published. */
export interface IntentsStream extends PublisherSettings, StreamCallbacks<Publisher> {}

/** How the facts of one stream are taken. */
export interface FactsStream extends SubscriberSettings, StreamCallbacks<Subscriber> {}

/** Admits a stream, or throws the IsthmusError (or TryAgainLater) that turns the peer away. */
export interface SyncHandlers {
  intents(peer: SyncPeer): Promise<IntentsStream>;
  facts(peer: SyncPeer): Promise<FactsStream>;
}

export interface ServeOptions {
  /** How long a peer may leave what waits for it unread before it is cut off; 60,000 ms. */
  readonly stallMs?: number;
  readonly scheduler?: Scheduler;
  /** What handlers threw that is no fault of the peer's. */
  onError?(error: unknown): void;
}

export interface SyncServer {
  /** Streams open now. */
  readonly streams: number;
  /**
   * Ends every stream and takes no new ones.
   * @param retryAfterMs for how long each peer stays away; called once for each, so that they can
   *   be spread.
   */
  drain(retryAfterMs: () => number): void;
}

/** How long a stream that was ended may take to tell the peer, before it is cut off; in ms. */
const farewellMs = 5_000;

type Call = ServerDuplexStream<Buffer, Buffer>;

interface Role {
  receive(frame: Buffer): void;
  drained?(): void;
  close(): unknown;
}

/** Adds SyncService to a server. */
export function serveSync(
  server: Server,
  handlers: SyncHandlers,
  options: ServeOptions = {},
): SyncServer {
  const open = new Set<(error: IsthmusError) => void>();
  let retryAfterMs: (() => number) | undefined;
  const scheduler = options.scheduler ?? systemScheduler;
  const draining = (after: () => number): TryAgainLater =>
    new TryAgainLater(after(), 'this process ends; connect again');

  async function serve<Settings extends StreamCallbacks<R>, R extends Role>(
    call: Call,
    admit: (peer: SyncPeer) => Promise<Settings>,
    start: (settings: Settings, send: Outbox, fail: (error: IsthmusError) => void) => R,
  ): Promise<void> {
    const aborter = new AbortController();
    let role: R | undefined;
    let settings: Settings | undefined;
    let reason: IsthmusError | undefined;
    const outbox = new Outbox(call, {
      scheduler,
      stallMs: options.stallMs ?? 60_000,
      drained: () => role?.drained?.(),
      stalled: () => {
        reason = new IsthmusError('UNAVAILABLE', 'the peer does not read what it is sent');
        ended();
        cutOff(call);
      },
    });
    const ended = (): void => {
      if (aborter.signal.aborted) {
        return;
      }
      open.delete(end);
      outbox.close();
      aborter.abort();
      if (role !== undefined) {
        void Promise.resolve(role.close()).then(() => settings?.closed?.(reason));
      }
    };
    const end = (error: unknown): void => {
      if (aborter.signal.aborted) {
        return;
      }
      const failure = toCallFailure(error);
      if (failure.code === status.INTERNAL) {
        options.onError?.(error);
      }
      reason =
        error instanceof IsthmusError ? error : new IsthmusError('INTERNAL', failure.details);
      ended();
      // The way grpc-js has of ending a stream with a status. It waits until the peer has read what
      // was sent before, so not for ever.
      call.emit('error', failure);
      call.once(
        'close',
        scheduler.after(farewellMs, () => cutOff(call)),
      );
    };
    open.add(end);
    call.once('cancelled', ended);
    call.once('close', ended);
    try {
      if (retryAfterMs !== undefined) {
        throw draining(retryAfterMs);
      }
      settings = await admit({
        certificate: peerCertificate(call),
        address: call.getPeer(),
        signal: aborter.signal,
        end,
      });
      if (aborter.signal.aborted) {
        return;
      }
      role = start(settings, outbox, end);
      settings.opened?.(role);
      // Headers at once: the peer then knows that it has been admitted.
      call.sendMetadata(new Metadata());
      call.on('data', (frame: Buffer) => role?.receive(frame));
      call.once('end', () => {
        ended();
        call.end();
      });
    } catch (error) {
      end(error);
    }
  }

  server.addService(syncService, {
    streamIntents: (call: Call) =>
      void serve(
        call,
        (peer) => handlers.intents(peer),
        (settings, outbox, fail) => {
          return new Publisher(settings, { send: (frame) => outbox.send(frame), fail });
        },
      ),
    streamFacts: (call: Call) =>
      void serve(
        call,
        (peer) => handlers.facts(peer),
        (settings, outbox, fail) => {
          const subscriber = new Subscriber(settings, {
            send: (frame) => void outbox.send(frame),
            fail,
          });
          subscriber.start();
          return subscriber;
        },
      ),
  });

  return {
    get streams() {
      return open.size;
    },
    drain(after) {
      retryAfterMs = after;
      for (const end of [...open]) {
        end(draining(after));
      }
    },
  };
}
