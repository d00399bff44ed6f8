/** Takes one line about what is going on, for a person to read. */
export type Log = (line: string) => void;

const progressMs = 15_000;

/** Does `work`, and logs every 15 s that it is still going on. */
export async function withProgress<T>(what: string, log: Log, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`;
  log(what);
  const timer = setInterval(() => log(`${what}: still going on after ${elapsed()}`), progressMs);
  try {
    const result = await work();
    log(`${what}: done in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
