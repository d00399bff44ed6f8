/**
 * How BullMQ finds that a worker has died: another does its jobs then, however often that happens.
 *
 * @param lockMs as ISTHMUS_JOB_LOCK_MS.
 */
export function recoveryOf(lockMs: number) {
  return { lockDuration: lockMs, stalledInterval: lockMs / 2, maxStalledCount: 100 };
}
