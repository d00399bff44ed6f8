/**
 * Values for one slow or fast reader. Of values with one key only the latest waits, so that
 * what waits is never more than there are keys.
 */
export class Latest<T> implements AsyncIterableIterator<T> {
  private readonly waiting = new Map<string, T>();
  private reader: ((result: IteratorResult<T>) => void) | undefined;
  private isClosed = false;

  /** @param onClose called once, when the reader has gone. */
  constructor(private readonly onClose: () => void) {}

  push(key: string, value: T): void {
    if (this.isClosed) return;
    const { reader } = this;
    if (!reader) {
      this.waiting.set(key, value);
      return;
    }
    this.reader = undefined;
    reader({ value, done: false });
  }

  next(): Promise<IteratorResult<T>> {
    if (this.isClosed) return Promise.resolve({ value: undefined, done: true });
    const [entry] = this.waiting;
    if (entry) {
      this.waiting.delete(entry[0]);
      return Promise.resolve({ value: entry[1], done: false });
    }
    return new Promise((resolve) => {
      this.reader = resolve;
    });
  }

  return(): Promise<IteratorResult<T>> {
    if (!this.isClosed) {
      this.isClosed = true;
      this.waiting.clear();
      this.reader?.({ value: undefined, done: true });
      this.onClose();
    }
    return Promise.resolve({ value: undefined, done: true });
  }

  async throw(error: unknown): Promise<IteratorResult<T>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
