// A chart's values.yaml as a page: every value with its default and its comment, in their order.
import { prose } from './links.mjs';

/** @param yaml two spaces a level, comments above what they are about, as our charts have it */
export function valuesPage(title, yaml) {
  const lines = [`# ${title}\n`, 'As `--set`, or a file for `-f`, takes them.\n'];
  /** Keys on the way to a line, with their indentation. */
  let way = [];
  let comment = [];
  const rows = yaml.split('\n');
  rows.forEach((row, at) => {
    const [, indent, text] = /^( *)(.*)$/.exec(row);
    if (text.startsWith('#')) {
      comment.push(text.replace(/^# ?/, ''));
      return;
    }
    const [, key, value] = /^([\w.-]+):(?: (.*))?$/.exec(text) ?? [];
    if (key) {
      way = [...way.filter(({ depth }) => depth < indent.length), { depth: indent.length, key }];
      const path = way.map((it) => it.key).join('.');
      const next = rows.slice(at + 1).find((it) => /^ *[^ #]/.test(it)) ?? '';
      const isParent = value === undefined && next.search(/[^ ]/) > indent.length;
      const words = prose(comment.join('\n'));
      if (way.length === 1) lines.push(`## ${path}\n`);
      if (isParent)
        lines.push(...(words ? [way.length === 1 ? words : `\`${path}\`: ${words}`, ''] : []));
      else
        lines.push(
          `- \`${path}\`, \`${value ?? ''}\` unless said${words ? `. ${indented(words)}` : ''}`,
          '',
        );
    }
    if (text !== '') comment = [];
  });
  return `${lines.join('\n')}\n`;
}

function indented(text) {
  return text.replaceAll('\n', '\n  ');
}
