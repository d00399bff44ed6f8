import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import type { Json, JsonObject } from '../objects.js';

/** What one document may come to once its aliases are written out. */
const limits = { depth: 64, aliases: 100, values: 100_000, characters: 1024 * 1024 };

/** What `yaml` makes of a document's faults, and what we make of them. */
export interface YamlFault {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly line: number;
}

export interface YamlDocument {
  /** Undefined if there are faults, or nothing is written. */
  readonly value: Json | undefined;
  readonly faults: readonly YamlFault[];
  readonly line: number;
  /** Line of a path, as far as it is there. */
  lineOf(path: readonly (string | number)[]): number;
}

/**
 * Reads YAML 1.2 that says what JSON could say: no tags, no merge keys, keys are strings.
 * Aliases are written out, within bounds. Never throws.
 */
export function readYaml(content: string): YamlDocument[] {
  const deep = deepLine(content);
  if (deep !== undefined) {
    return [{ value: undefined, faults: [tooDeep(deep)], line: deep, lineOf: () => deep }];
  }
  const lines = new LineCounter();
  let documents: readonly Document[];
  try {
    documents = parseAllDocuments(content, {
      version: '1.2',
      schema: 'core',
      merge: false,
      stringKeys: true,
      // The library compares every key with every other; `Reader` has a set.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter: lines,
    }) as readonly Document[];
  } catch (error) {
    const fault = error instanceof RangeError ? tooDeep(1) : badYaml('it cannot be read', 1);
    return [{ value: undefined, faults: [fault], line: 1, lineOf: () => 1 }];
  }
  return documents.map((document) => readDocument(document, lines));
}

function readDocument(document: Document, lines: LineCounter): YamlDocument {
  const lineAt = (offset: number | undefined) => Math.max(1, lines.linePos(offset ?? 0).line);
  const root = document.contents;
  const line = lineAt(root?.range?.[0] ?? document.range?.[0]);
  const lineOf = (path: readonly (string | number)[]) => lineAt(offsetOf(root, path)) || line;
  const faults = [...document.errors, ...document.warnings]
    .slice(0, 10)
    .map((error) => badYaml(error.message, lineAt(error.pos[0])));
  if (document.directives?.yaml.explicit && document.directives.yaml.version !== '1.2') {
    faults.push(badYaml('%YAML names a version other than 1.2', line));
  }
  if (faults.length > 0 || root === null) return { value: undefined, faults, line, lineOf };
  try {
    return { value: new Reader(lineAt).read(root, 0), faults, line, lineOf };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { value: undefined, faults: [error.fault], line, lineOf };
  }
}

/** Well above `limits.depth`, and well below the thousand levels that the parser's stack takes. */
const unparsed = { brackets: 128, indicators: 64, indentation: 400 };
const lineStart = /^ *(?:[-?:][ \t]+)*/;

/**
 * The line at which a text looks as if it nested too deeply to be parsed. The parser recurses,
 * and V8 ends the process, past all catching, when a regular expression is first compiled with
 * the stack at its end. So this is found out beforehand, if only roughly: brackets within
 * texts are counted, too.
 */
function deepLine(content: string): number | undefined {
  let [open, number] = [0, 0];
  for (const line of content.split('\n')) {
    number += 1;
    if (line.startsWith('---')) open = 0;
    const [start = ''] = lineStart.exec(line) ?? [];
    const indentation = line.length - line.trimStart().length;
    // Beside the spaces, each indicator has one character.
    const indicators = start.replaceAll(/[ \t]/g, '').length;
    if (indentation > unparsed.indentation || indicators > unparsed.indicators) return number;
    for (const character of line) {
      if (character === '[' || character === '{') open += 1;
      else if (character === ']' || character === '}') open = Math.max(0, open - 1);
      if (open > unparsed.brackets) return number;
    }
  }
  return undefined;
}

class Refused extends Error {
  constructor(readonly fault: YamlFault) {
    super(fault.message);
  }
}

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

class Reader {
  private readonly anchors = new Map<string, Node>();
  private aliases = 0;
  private values = 0;
  private characters = 0;

  constructor(private readonly lineAt: (offset: number | undefined) => number) {}

  read(node: unknown, depth: number): Json {
    const at = node as Node | null;
    this.count(at, depth);
    if (isAlias(at)) {
      this.aliases += 1;
      const target = this.anchors.get(at.source);
      if (!target) this.refuse(at, 'BadYaml', `no anchor &${at.source} stands before`, 'define it');
      return this.read(target, depth + 1);
    }
    // Aliases speak of the anchor before them, so the order of the document is the order here.
    if ((isMap(at) || isSeq(at) || isScalar(at)) && at.anchor) this.anchors.set(at.anchor, at);
    if (isMap(at)) return this.map(at.items, depth);
    if (isSeq(at)) return at.items.map((item) => this.read(item, depth + 1));
    return isScalar(at) ? this.scalar(at, at.value) : null;
  }

  private map(
    items: readonly { readonly key: unknown; readonly value: unknown }[],
    depth: number,
  ): JsonObject {
    const entries = new Map<string, Json>();
    for (const { key: node, value } of items) {
      const key = isScalar(node) ? node.value : undefined;
      if (!isScalar(node) || typeof key !== 'string') {
        this.refuse(node, 'BadYaml', 'a key is no string', 'write keys as plain strings');
      }
      this.characters += key.length;
      if (key === '<<') {
        this.refuse(node, 'ForbiddenKey', "the merge key '<<' is not part of YAML 1.2", writeOut);
      }
      if (forbiddenKeys.has(key)) {
        this.refuse(node, 'ForbiddenKey', `the key '${key}' is not taken`, 'remove it');
      }
      if (entries.has(key)) {
        const short = key.slice(0, 80);
        this.refuse(
          node,
          'DuplicateKey',
          `the key '${short}' is there twice`,
          'remove one of them',
        );
      }
      entries.set(key, this.read(value, depth + 1));
    }
    return Object.fromEntries(entries);
  }

  private scalar(node: Node, value: unknown): Json {
    if (typeof value === 'string') {
      this.characters += value.length;
      return value;
    }
    if (typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.refuse(node, 'BadYaml', 'a value is none of JSON', 'write a finite number or a string');
  }

  private count(node: Node | null, depth: number): void {
    this.values += 1;
    if (depth > limits.depth) throw new Refused(tooDeep(this.lineAt(node?.range?.[0])));
    if (this.aliases > limits.aliases) {
      this.refuse(node, 'TooManyAliases', `more than ${limits.aliases} aliases`, writeOut);
    }
    if (this.values > limits.values || this.characters > limits.characters) {
      this.refuse(
        node,
        'DocumentTooLarge',
        `the document comes to more than ${limits.values} values or ${limits.characters} characters`,
        'split it, or use fewer aliases',
      );
    }
  }

  private refuse(node: unknown, code: string, message: string, remedy: string): never {
    const line = this.lineAt((node as Node | null)?.range?.[0]);
    throw new Refused({ code, message, remedy, line });
  }
}

const writeOut = 'write out what is meant';

function badYaml(message: string, line: number): YamlFault {
  const text = message.slice(0, 300);
  const remedy = /tag/i.test(text) ? 'remove the tag' : 'correct the YAML';
  return { code: 'BadYaml', message: text, remedy, line };
}

function tooDeep(line: number): YamlFault {
  return {
    code: 'NestedTooDeeply',
    message: `it is nested more than ${limits.depth} levels deep`,
    remedy: 'flatten it',
    line,
  };
}

function offsetOf(root: Node | null, path: readonly (string | number)[]): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === String(step));
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      const start = (node as Node | undefined)?.range?.[0];
      if (start === undefined) break;
      offset = start;
    } else break;
  }
  return offset;
}
