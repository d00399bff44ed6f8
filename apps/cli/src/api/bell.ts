import { createClient } from 'graphql-ws/client';
import { graphql } from './generated/index.js';

const MeshChanged = graphql(`
  subscription MeshChanged($meshId: ID!) {
    meshChanged(meshId: $meshId) {
      id
    }
  }
`);

interface BellOptions {
  /** Such as https://isthmus.example.com, without a path. */
  readonly endpoint: string;
  readonly token: string;
  readonly meshId: string;
  /** Between two looks where nothing rings in between; in ms. */
  readonly mostMs?: number;
  /** After which it is hung up again where it fell; in ms. */
  readonly againMs?: number;
}

/**
 * Says when to look again at what is in a mesh: once something in it has changed, which a subscription
 * tells; or, as long as there is none, all the time.
 */
export class Bell {
  private readonly mostMs: number;
  private readonly againMs: number;
  private isHeard = false;
  private isRung = false;
  private isClosed = false;
  private wake: () => void = () => {};
  private take: () => void = () => {};
  private again: NodeJS.Timeout | undefined;

  constructor(private readonly options: BellOptions) {
    this.mostMs = options.mostMs ?? 15_000;
    this.againMs = options.againMs ?? 10_000;
    // Node has no WebSocket of its own before 22: there one looks all the time.
    if (typeof WebSocket !== 'undefined') this.hang();
  }

  /** At least so long, until there is something to look at, or might be. */
  async wait(leastMs: number): Promise<void> {
    await this.sleep(leastMs);
    if (this.isHeard && !this.isRung) await this.sleep(this.mostMs - leastMs, true);
    this.isRung = false;
  }

  /** Nothing keeps the process from ending after this. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.again);
    this.take();
  }

  private hang(): void {
    const { endpoint, token, meshId } = this.options;
    const client = createClient({
      url: `${endpoint.replace(/^http/, 'ws')}/graphql`,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
      on: {
        connected: () => {
          this.isHeard = true;
          // What changed until now rang nothing.
          this.ring();
        },
      },
    });
    const isOver = (): void => {
      this.isHeard = false;
      this.ring();
      if (this.isClosed) return;
      this.again = setTimeout(() => this.hang(), this.againMs);
      this.again.unref();
    };
    client.subscribe(
      { query: MeshChanged.toString(), variables: { meshId } },
      { next: () => this.ring(), error: isOver, complete: isOver },
    );
    this.take = () => void client.dispose();
  }

  private ring(): void {
    this.isRung = true;
    this.wake();
  }

  private sleep(ms: number, isRinging = false): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, ms));
      if (!isRinging) return;
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
