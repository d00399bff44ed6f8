import { createSecureContext, type SecureContext } from 'node:tls';
import {
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import { IsthmusError } from '@isthmus/kernel';
import { defaultLimits } from '../limits.js';
import { Publisher, type PublisherSettings } from '../publisher.js';
import { type Scheduler, systemScheduler } from '../scheduler.js';
import { Subscriber, type SubscriberSettings } from '../subscriber.js';
import { Outbox } from './outbox.js';
import { syncService } from './service.js';
import { fromCallFailure, TryAgainLater } from './status.js';

/** What a client shows of itself, and whom it takes for the server. PEM. */
export interface ClientIdentity {
  readonly key: string | Buffer;
  /** Leaf first. */
  readonly cert: string | Buffer;
  /** Authorities of the server's certificate. */
  readonly ca: string | Buffer;
}

export interface Backoff {
  /** The first delay is between 0 and this, in ms. */
  readonly minMs: number;
  /** Delays grow twofold up to between 0 and this, in ms. */
  readonly maxMs: number;
}

export interface DialOptions {
  /** `host:port`. */
  readonly address: string;
  readonly identity: ClientIdentity;
  /** Name in the server's certificate, if it is not the host of the address. */
  readonly serverName?: string;
  readonly intents: SubscriberSettings;
  /** A guard makes no sense here and is off unless given. */
  readonly facts: PublisherSettings;
  /** 1 s to 60 s, with full jitter, unless said. */
  readonly backoff?: Backoff;
  /** Until both streams are admitted; 20,000 ms unless said. */
  readonly connectTimeoutMs?: number;
  /** How long the hub may leave what waits for it unread; 60,000 ms unless said. */
  readonly stallMs?: number;
  /** Both streams are admitted. */
  onConnected?(): void;
  /** The connection is gone, or could not be made, and will be tried again after so many ms. */
  onDisconnected?(error: IsthmusError, retryInMs: number): void;
  /** 0 ≤ r < 1. */
  readonly random?: () => number;
  readonly scheduler?: Scheduler;
  /** Beside, and over, the library's own. */
  readonly channelOptions?: ChannelOptions;
}

export interface SyncConnection {
  /** Shown to the hub by the next connection; the one that stands stays. */
  updateIdentity(identity: ClientIdentity): void;
  /** @returns when nothing runs any more, updates that are being applied included. */
  close(): Promise<void>;
}

const defaultBackoff: Backoff = { minMs: 1_000, maxMs: 60_000 };

const channelDefaults: ChannelOptions = {
  'grpc.max_receive_message_length': defaultLimits.messageBytes,
  'grpc.max_send_message_length': defaultLimits.messageBytes,
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  // A connection of one's own: a shared one would go on with an older certificate.
  'grpc.use_local_subchannel_pool': 1,
  // It would hold copies of what was sent; the streams resume by themselves.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_channelz': 0,
  // A whole frame may be under way, so that a distant hub is not waited for at every 64 KiB.
  'grpc-node.flow_control_window': 1024 * 1024,
};

/** Keeps both streams to a hub open, over one connection, until it is closed. */
export function dialSync(options: DialOptions): SyncConnection {
  return new Dialer(options);
}

class Dialer implements SyncConnection {
  readonly #options: DialOptions;
  readonly #scheduler: Scheduler;
  readonly #backoff: Backoff;
  #context: SecureContext;
  #attempt: Attempt | undefined;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #closed = false;
  /** Resolves when the last attempt has applied what it was applying. */
  #idle: Promise<void> = Promise.resolve();

  constructor(options: DialOptions) {
    this.#options = options;
    this.#scheduler = options.scheduler ?? systemScheduler;
    this.#backoff = options.backoff ?? defaultBackoff;
    this.#context = contextOf(options.identity);
    this.#connect();
  }

  updateIdentity(identity: ClientIdentity): void {
    this.#context = contextOf(identity);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    if (this.#attempt !== undefined) {
      this.#idle = this.#attempt.close();
      this.#attempt = undefined;
    }
    await this.#idle;
  }

  #connect(): void {
    const since = this.#scheduler.now();
    this.#attempt = new Attempt(this.#options, this.#scheduler, this.#context, (error) => {
      // Only a connection that has lasted counts as a success: one that is made and broken at once,
      // again and again, is to become rarer.
      const lasted = this.#scheduler.now() - since;
      void this.#retry(error, lasted >= this.#backoff.maxMs);
    });
  }

  async #retry(error: IsthmusError, isFresh: boolean): Promise<void> {
    this.#idle = this.#attempt?.close() ?? this.#idle;
    this.#attempt = undefined;
    this.#failures = isFresh ? 0 : this.#failures;
    const { minMs, maxMs } = this.#backoff;
    const step = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures++, 30));
    const random = this.#options.random ?? Math.random;
    const after = error instanceof TryAgainLater ? error.retryAfterMs : 0;
    const delay = after + random() * step;
    this.#options.onDisconnected?.(error, delay);
    // An update of the old stream must not overtake one of the new stream.
    await this.#idle;
    if (!this.#closed) {
      this.#cancelRetry = this.#scheduler.after(delay, () => this.#connect());
    }
  }
}

/** One connection, from dialling to its end. */
class Attempt {
  readonly client: Client;
  readonly #calls: ClientDuplexStream<Buffer, Buffer>[] = [];
  readonly #outboxes: Outbox[] = [];
  readonly #subscriber: Subscriber;
  readonly #publisher: Publisher;
  readonly #cancelTimeout: () => void;
  #admitted = 0;
  #ended = false;

  constructor(
    options: DialOptions,
    scheduler: Scheduler,
    context: SecureContext,
    private readonly onEnd: (error: IsthmusError) => void,
  ) {
    this.client = new Client(options.address, credentials.createFromSecureContext(context), {
      ...channelDefaults,
      ...(options.serverName && { 'grpc.ssl_target_name_override': options.serverName }),
      ...options.channelOptions,
    });
    this.#cancelTimeout = scheduler.after(options.connectTimeoutMs ?? 20_000, () =>
      this.#end(new IsthmusError('UNAVAILABLE', 'the hub did not answer in time')),
    );
    const fail = (error: IsthmusError): void => this.#end(error);
    const onAdmitted = (): void => {
      if (++this.#admitted === 2) {
        this.#cancelTimeout();
        options.onConnected?.();
      }
    };
    const open = (
      method: { readonly path: string },
      receive: (frame: Buffer) => void,
      drained: () => void,
    ): Outbox => {
      const { requestSerialize, responseDeserialize } = syncService.streamIntents;
      const call = this.client.makeBidiStreamRequest(
        method.path,
        requestSerialize,
        responseDeserialize,
        new Metadata(),
        {},
      );
      call.once('metadata', onAdmitted);
      call.on('data', receive);
      // What is wrong comes as the status too, and without a listener it would be thrown.
      call.on('error', () => undefined);
      call.once('status', (ended: StatusObject) => this.#end(errorOf(ended)));
      const outbox = new Outbox(call, {
        scheduler,
        stallMs: options.stallMs ?? 60_000,
        drained,
        stalled: () => fail(new IsthmusError('UNAVAILABLE', 'the hub does not read')),
      });
      this.#calls.push(call);
      this.#outboxes.push(outbox);
      return outbox;
    };
    const intents = open(
      syncService.streamIntents,
      (frame) => this.#subscriber.receive(frame),
      () => undefined,
    );
    const facts = open(
      syncService.streamFacts,
      (frame) => this.#publisher.receive(frame),
      () => this.#publisher.drained(),
    );
    this.#subscriber = new Subscriber(options.intents, {
      send: (frame) => void intents.send(frame),
      fail,
    });
    this.#publisher = new Publisher(
      { guard: false, ...options.facts },
      { send: (frame) => facts.send(frame), fail },
    );
    this.#subscriber.start();
  }

  /** @returns when what is being applied has been. */
  close(): Promise<void> {
    this.#ended = true;
    this.#cancelTimeout();
    for (const outbox of this.#outboxes) {
      outbox.close();
    }
    this.#publisher.close();
    for (const call of this.#calls) {
      call.cancel();
    }
    this.client.close();
    return this.#subscriber.close();
  }

  #end(error: IsthmusError): void {
    if (!this.#ended) {
      this.#ended = true;
      this.onEnd(error);
    }
  }
}

function contextOf({ key, cert, ca }: ClientIdentity): SecureContext {
  return createSecureContext({ key, cert, ca, minVersion: 'TLSv1.3' });
}

function errorOf(ended: StatusObject): IsthmusError {
  return ended.code === status.OK
    ? new IsthmusError('UNAVAILABLE', 'the hub ended the stream')
    : fromCallFailure(ended);
}
