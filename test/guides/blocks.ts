/** A fenced block of a page. Words behind its language are invisible to readers, and for those who run it. */
export interface Block {
  /** From the repository's root. */
  readonly path: string;
  /** Of its first line. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** Why nobody runs it: `norun reason="…"`. */
  readonly notRun: string | undefined;
  /** The file that runs it: `elsewhere="…"`. */
  readonly elsewhere: string | undefined;
  /** What the reader sets to values of his own: `yours`. */
  readonly isYours: boolean;
  /** What the block before it prints, with … for what differs each time: `output`. */
  readonly isOutput: boolean;
  /** What the reader saves it as: `file="…"`. */
  readonly file: string | undefined;
  /** How its last command ends, unless well: `exit="1"`. */
  readonly exit: number;
}

const shells = new Set(['sh', 'bash', 'shell', 'console']);

export function isShell({ language }: Block): boolean {
  return shells.has(language);
}

/** The blocks of a page, in order. @throws Error for words that mean nothing, or code without a fence */
export function blocksOf(path: string, markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, indent = '', language = '', words = ''] =
      /^( *)```(\S*) ?(.*)$/.exec(lines[at] ?? '') ?? [];
    if (!lines[at]?.trimStart().startsWith('```')) {
      refuseIndented(path, lines, at);
      continue;
    }
    const end = lines.findIndex((line, index) => index > at && line.trim() === '```');
    if (end < 0) throw new Error(`${path}:${at + 1}: the block has no end`);
    const text = lines.slice(at + 1, end).map((line) => line.slice(indent.length));
    const where = { path, line: at + 2, language, text: text.join('\n') };
    blocks.push({ ...where, ...marksOf(`${path}:${at + 1}`, language, words) });
    at = end;
  }
  return blocks;
}

/** What is indented cannot say what it is. */
function refuseIndented(path: string, lines: readonly string[], at: number): void {
  const isCode = /^ {4}\S/.test(lines[at] ?? '') && (lines[at - 1] ?? '') === '';
  // Within a list it is a paragraph.
  const before = lines.slice(0, at).findLast((line) => /^\S/.test(line)) ?? '';
  if (isCode && !/^([-*]|\d+\.) /.test(before))
    throw new Error(`${path}:${at + 1}: write code between fences that say what it is`);
}

function marksOf(
  where: string,
  language: string,
  words: string,
): Pick<Block, 'notRun' | 'elsewhere' | 'isYours' | 'isOutput' | 'file' | 'exit'> {
  const quoted = new Map<string, string>();
  const bare = words.replaceAll(/(\w+)="([^"]*)"/g, (_, name: string, value: string) => {
    quoted.set(name, value);
    return '';
  });
  const flags = new Set(bare.split(' ').filter(Boolean));
  const known = ['norun', 'yours', 'output', 'reason', 'elsewhere', 'file', 'exit'];
  // Of other languages other tests may say something.
  for (const word of shells.has(language) ? [...flags, ...quoted.keys()] : [])
    if (!known.includes(word)) throw new Error(`${where}: ${word} means nothing here`);
  const reason = quoted.get('reason');
  if (flags.has('norun') !== (reason !== undefined))
    throw new Error(`${where}: say norun reason="…"`);
  return {
    notRun: reason,
    elsewhere: quoted.get('elsewhere'),
    isYours: flags.has('yours'),
    isOutput: flags.has('output'),
    file: quoted.get('file'),
    exit: Number(quoted.get('exit') ?? 0),
  };
}
