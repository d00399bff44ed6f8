import type { Scheduler } from '../scheduler.js';

/** The part of a gRPC call that takes frames; the callback comes when HTTP/2 has taken one over. */
export interface FrameSink {
  write(frame: Buffer, taken: (error?: Error | null) => void): boolean;
}

export interface OutboxOptions {
  readonly scheduler: Scheduler;
  /** How long the peer may leave what waits for it unread, in ms. */
  readonly stallMs: number;
  drained(): void;
  stalled(): void;
}

/** Bytes that may wait for the peer before the publisher has to. */
const waterline = 64 * 1024;

/**
 * Counts bytes, because the streams of grpc-js count messages: 16 of them may wait, however large.
 */
export class Outbox {
  readonly #sink: FrameSink;
  readonly #options: OutboxOptions;
  #waiting = 0;
  #calm: (() => void) | undefined;
  #closed = false;

  constructor(sink: FrameSink, options: OutboxOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** @returns false if nothing more may be sent before `drained` is called. */
  send(frame: Buffer): boolean {
    if (this.#closed) {
      return false;
    }
    this.#waiting += frame.length;
    this.#sink.write(frame, () => this.#taken(frame.length));
    if (this.#waiting < waterline) {
      return true;
    }
    this.#calm ??= this.#options.scheduler.after(this.#options.stallMs, () => {
      if (!this.#closed) {
        this.#options.stalled();
      }
    });
    return false;
  }

  close(): void {
    this.#closed = true;
    this.#calm?.();
    this.#calm = undefined;
  }

  #taken(bytes: number): void {
    this.#waiting -= bytes;
    if (!this.#closed && this.#calm !== undefined && this.#waiting < waterline) {
      this.#calm();
      this.#calm = undefined;
      this.#options.drained();
    }
  }
}
