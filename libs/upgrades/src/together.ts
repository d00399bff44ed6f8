/**
 * Answers questions in batches: those that come while one batch is under way make up the next. What a
 * batch costs is shared by all that are in it, and nobody waits for others to come.
 */
export class Together<K, V> {
  private readonly waiting = new Map<K, PromiseWithResolvers<V>>();
  private isRunning = false;

  /**
   * @param most questions of one batch.
   * @param answer has an answer for each.
   */
  constructor(
    private readonly most: number,
    private readonly answer: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>,
  ) {}

  get isIdle(): boolean {
    return !this.isRunning && this.waiting.size === 0;
  }

  /** One question that is asked twice before it is answered is one. */
  ask(key: K): Promise<V> {
    let asked = this.waiting.get(key);
    if (!asked) {
      asked = Promise.withResolvers<V>();
      this.waiting.set(key, asked);
    }
    if (!this.isRunning) void this.run();
    return asked.promise;
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    // Whoever asks in the same turn is in the first batch, too.
    await Promise.resolve();
    while (this.waiting.size > 0) {
      const batch = [...this.waiting].slice(0, this.most);
      for (const [key] of batch) this.waiting.delete(key);
      try {
        const answers = await this.answer(batch.map(([key]) => key));
        for (const [key, { resolve }] of batch) resolve(answers.get(key) as V);
      } catch (error) {
        for (const [, { reject }] of batch) reject(error);
      }
    }
    this.isRunning = false;
  }
}
