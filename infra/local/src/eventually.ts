import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@isthmus/kernel';

/**
 * Waits until the attempt no longer throws, and answers what it answered.
 *
 * @throws when the deadline passes, with what was waited for and the last attempt's words.
 */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T> | T,
  { deadlineMs = 30_000, everyMs = 50 }: { deadlineMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(`${what}: not within ${deadlineMs / 1000} s: ${messageOf(error)}`, {
          cause: error,
        });
      }
      await delay(everyMs);
    }
  }
}
