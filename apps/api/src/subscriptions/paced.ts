/** How often an empty budget is looked at again. */
const retryMs = 1000;

/**
 * The events of a source, each paid for before it is taken; the first is paid for already.
 * While the budget is empty the source keeps the latest, so that whoever cannot pay for every
 * step still gets the last one.
 */
export class Paced<T> implements AsyncIterableIterator<T> {
  private isPaid = true;
  private isClosed = false;
  private wake: (() => void) | undefined;

  /** @param charge takes the price of one event; false when the budget does not hold it. */
  constructor(
    private readonly source: AsyncGenerator<T>,
    private readonly charge: () => boolean,
  ) {}

  async next(): Promise<IteratorResult<T>> {
    while (!this.isPaid && !this.isClosed) {
      this.isPaid = this.charge();
      if (!this.isPaid) await this.pause();
    }
    if (this.isClosed) return { value: undefined, done: true };
    this.isPaid = false;
    return this.source.next();
  }

  return(): Promise<IteratorResult<T>> {
    this.close();
    return this.source.return(undefined);
  }

  throw(error: unknown): Promise<IteratorResult<T>> {
    this.close();
    return this.source.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private close(): void {
    this.isClosed = true;
    this.wake?.();
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, retryMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
