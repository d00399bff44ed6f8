// The SDL as two pages: operations by chapters, each with its example, and types.
import { readFileSync } from 'node:fs';
import { accessByField } from '../../apps/api/dist/docs/access.js';
import { chapters } from '../../apps/api/dist/docs/chapters.js';
import { readExamples } from '../../apps/api/dist/docs/examples.js';
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from '../../apps/api/dist/graphql-js.js';
import { prose } from './links.mjs';

const types = 'graphql-types.md';

/** @returns [path, text] of each page */
export function graphqlPages() {
  const sdl = new URL('../../apps/api/schema.graphql', import.meta.url);
  const schema = buildSchema(readFileSync(sdl, 'utf8'));
  return [
    ['reference/graphql.md', operationsPage(schema)],
    [`reference/${types}`, typesPage(schema)],
  ];
}

function operationsPage(schema) {
  const examples = readExamples();
  const access = accessByField();
  const fields = new Map(
    rootsOf(schema).flatMap((root) =>
      Object.values(root.getFields()).map((field) => [
        field.name,
        { field, kind: root.name.toLowerCase() },
      ]),
    ),
  );
  const lines = [
    '# GraphQL: operations\n',
    `Every installation has this at its \`/docs\`, with answers. [The API](../api.md) is the short way in; types are [on a page of their own](${types}).\n`,
  ];
  for (const { title, words, operations } of chapters) {
    lines.push(`## ${title}\n`, `${words}\n`);
    for (const name of operations) {
      const { field, kind } = fields.get(name) ?? {};
      if (!field) throw new Error(`chapters.ts has ${name}, and the SDL does not: npm run gen`);
      fields.delete(name);
      lines.push(...operation(field, kind, access.get(name), examples.get(name)));
    }
  }
  if (fields.size > 0) throw new Error(`no chapter has ${[...fields.keys()].join(', ')}`);
  return `${lines.join('\n')}\n`;
}

function operation(field, kind, access, example) {
  const lines = [`### ${field.name}\n`];
  if (field.description) lines.push(`${prose(field.description)}.\n`);
  if (field.deprecationReason) lines.push(`Deprecated: ${prose(field.deprecationReason)}\n`);
  lines.push(`A ${kind}. ${accessInWords(access)} It answers ${typeRef(field.type)}.\n`);
  for (const arg of field.args) {
    const type = getNamedType(arg.type);
    lines.push(member(arg));
    if (isInputObjectType(type))
      lines.push(...Object.values(type.getFields()).map((it) => member(it, `${arg.name}.`)));
  }
  if (field.args.length > 0) lines.push('');
  if (example) lines.push(`${prose(example.words)}\n`, fence('graphql', example.query));
  if (example?.exchange)
    lines.push(fence('json', JSON.stringify(example.exchange.variables, null, 2)));
  return lines;
}

function accessInWords(access) {
  if (access === 'public') return 'For everybody.';
  if (access === 'self') return 'For everybody who is signed in, and for tokens.';
  const { permission, role } = access;
  return `Needs the permission \`${permission}\`, which roles have from \`${role.toUpperCase()}\` on.`;
}

function typesPage(schema) {
  const roots = new Set(rootsOf(schema));
  const lines = [
    '# GraphQL: types\n',
    'What has an exclamation mark is always there; the rest may be null.\n',
  ];
  const all = Object.values(schema.getTypeMap())
    .filter(
      (type) => !roots.has(type) && !isIntrospectionType(type) && !isSpecifiedScalarType(type),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const type of all) {
    lines.push(`## ${type.name}\n`);
    if (type.description) lines.push(`${prose(type.description)}\n`);
    lines.push(...members(type), '');
  }
  return `${lines.join('\n')}\n`;
}

function members(type) {
  if (isEnumType(type))
    return type.getValues().map(({ name, description, deprecationReason }) => {
      return `- \`${name}\`${said(description, deprecationReason)}`;
    });
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return [];
  return Object.values(type.getFields()).map((field) => member(field));
}

function member({ name, type, description, deprecationReason, args = [] }, before = '') {
  const own =
    args.length > 0 ? `(${args.map((arg) => `${arg.name}: ${arg.type}`).join(', ')})` : '';
  return `- \`${before}${name}${own}\`: ${typeRef(type)}${said(description, deprecationReason)}`;
}

function said(description, deprecated) {
  const words = [description, deprecated && `Deprecated: ${deprecated}`].filter(Boolean);
  return words.length > 0 ? `. ${prose(words.join('. ')).replaceAll('\n', ' ')}` : '';
}

function typeRef(type) {
  const named = getNamedType(type);
  const text = `\`${type}\``;
  return isSpecifiedScalarType(named) ? text : `[${text}](${types}#${named.name.toLowerCase()})`;
}

function rootsOf(schema) {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    Boolean,
  );
}

function fence(language, text) {
  return `\`\`\`${language}\n${text}\n\`\`\`\n`;
}
