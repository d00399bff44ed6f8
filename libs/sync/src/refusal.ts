/*
 * How a subscriber says which resources of a response it refuses. google.rpc.Status has one
 * message and no names, so the message carries them, one a line, readable by people too:
 *
 *     refused:
 *     shop/payments: ports[0].port must be 1 to 65535
 *
 * A message of any other shape refuses the whole response.
 */

/** Why a subscriber refuses a version. */
export interface Refusal {
  readonly name: string;
  /** Empty when what is refused is the removal. */
  readonly version: string;
  readonly message: string;
}

/** Bytes of an error_detail's message. */
export const longestMessage = 4096;

const header = 'refused:\n';

/** Cuts to so many bytes of UTF-8, at a character's border. */
export function cutBytes(value: string, bytes: number): string {
  const encoded = Buffer.from(value);
  if (encoded.length <= bytes) {
    return value;
  }
  let end = bytes;
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) {
    end--;
  }
  return encoded.toString('utf8', 0, end);
}

/**
 * The message for refused names. When there are too many to name within 4 KiB, it names none, and
 * the whole response counts as refused.
 */
export function refusalMessage(refused: ReadonlyMap<string, string>): string {
  const share = Math.floor((longestMessage - header.length) / refused.size) - 1;
  const lines: string[] = [];
  for (const [name, message] of refused) {
    const prefix = `${name}: `;
    const room = share - Buffer.byteLength(prefix);
    if (room < 0) {
      return cutBytes(`${refused.size} resources, such as ${prefix}${message}`, longestMessage);
    }
    lines.push(prefix + cutBytes(message.replaceAll(/\s+/g, ' '), room));
  }
  return header + lines.join('\n');
}

/**
 * Which of the names of a response a message refuses, and why: those it names, or all if it names
 * none of them.
 */
export function refusedBy(message: string, names: readonly string[]): Map<string, string> {
  const refused = new Map<string, string>();
  if (message.startsWith(header)) {
    const known = new Set(names);
    for (const line of message.slice(header.length).split('\n')) {
      // A name may contain ': ' itself; the longest that was sent is meant.
      for (let at = line.lastIndexOf(': '); at > 0; at = line.lastIndexOf(': ', at - 1)) {
        const name = line.slice(0, at);
        if (known.has(name)) {
          refused.set(name, line.slice(at + 2));
          break;
        }
      }
    }
  }
  return refused.size > 0 ? refused : new Map(names.map((name) => [name, message]));
}
