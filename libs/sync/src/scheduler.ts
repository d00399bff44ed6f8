/** Time as the library uses it, so that specs move it by hand instead of sleeping. */
export interface Scheduler {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /**
   * Runs once after so many milliseconds; 0 is after the I/O that is due now.
   * @returns what calls it off; calling it late is harmless.
   */
  after(milliseconds: number, run: () => void): () => void;
}

export const systemScheduler: Scheduler = {
  now: () => performance.now(),
  after(milliseconds, run) {
    if (milliseconds <= 0) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
