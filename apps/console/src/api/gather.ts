interface Gathering {
  /** Runs soon, together with what else is rung for until then. */
  ring(): void;
  stop(): void;
}

interface GatherOptions {
  /** From the first ring to the run, in ms. */
  readonly waitMs: number;
  /** A run that takes longer than this is waited for no more, in ms. */
  readonly mostMs: number;
}

/**
 * Runs once for many rings, one run at a time. A ring while it runs means one more afterwards:
 * a run that were begun anew at every ring would never end where rings come faster than it ends.
 */
export function gather(run: () => Promise<unknown>, { waitMs, mostMs }: GatherOptions): Gathering {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRunning = false;
  let isRung = false;
  let isStopped = false;
  const ring = (): void => {
    if (isStopped) return;
    if (isRunning) isRung = true;
    else timer ??= setTimeout(start, waitMs);
  };
  const start = (): void => {
    timer = undefined;
    isRunning = true;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(patience);
      isRunning = false;
      if (!isRung) return;
      isRung = false;
      ring();
    };
    const patience = setTimeout(end, mostMs);
    run().then(end, end);
  };
  return {
    ring,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
