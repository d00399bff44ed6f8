import type { Bell } from '../api/bell.js';
import { CliError, exits } from '../errors.js';
import type { Session } from '../session.js';
import { note } from '../terminal.js';

/** Something that goes its way by itself, as it stands. */
export interface Standing {
  readonly id: string;
  readonly state: string;
  readonly reason?: string | null;
  readonly detail?: string | null;
  /** Those after the ones that were read before. */
  readonly events: {
    readonly edges: readonly {
      readonly node: {
        readonly at: string;
        readonly type: string;
        readonly message: string;
        readonly cluster?: { readonly name: string } | null;
      };
    }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
  };
}

interface Following {
  /** Such as `rollout`. */
  readonly noun: string;
  /** States in which it does not go on by itself: what it says is good, or not. */
  readonly ends: Readonly<Record<string, 'good' | 'bad'>>;
  readonly timeoutMs: number;
  /** @param after The cursor of the last event that was read. */
  read(after: string | undefined): Promise<Standing | null>;
}

/** Between two looks; in ms. */
const leastMs = 1000;

/**
 * Tells on standard error what happens, until it ends or halts. Ends the process with `no` where it
 * does not end well.
 *
 * @throws NOT_FOUND
 */
export async function follow(session: Session, following: Following): Promise<void> {
  const bell = await session.bell();
  try {
    await followBy(bell, following);
  } finally {
    bell.close();
  }
}

async function followBy(bell: Bell, { noun, ends, timeoutMs, read }: Following): Promise<void> {
  const until = Date.now() + timeoutMs;
  let after: string | undefined;
  let told = '';
  for (;;) {
    const standing: Standing | null = await read(after);
    if (!standing) throw new CliError('NOT_FOUND', `the ${noun} is gone`);
    for (const { node } of standing.events.edges) {
      const { at, type, message, cluster } = node;
      note(`${at.slice(11, 19)} ${type}${cluster ? ` ${cluster.name}` : ''}: ${message}`);
    }
    after = standing.events.pageInfo.endCursor ?? after;
    if (standing.events.pageInfo.hasNextPage) continue;
    const words = wordsOf(standing);
    if (words !== told) note(`${noun} ${standing.id}: ${words}`);
    told = words;
    const end = ends[standing.state];
    if (end === 'bad') process.exitCode = exits.no;
    if (end) return;
    if (Date.now() >= until) {
      note(`${noun} ${standing.id} is not through in time; it goes on`);
      process.exitCode = exits.no;
      return;
    }
    await bell.wait(leastMs);
  }
}

function wordsOf({ state, reason, detail }: Standing): string {
  const why = [reason, detail].filter(Boolean).join(': ');
  return why ? `${state}, ${why}` : state;
}
