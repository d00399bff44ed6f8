// The pages that are made of what the project has anyway: the SDL, values of charts, codes of errors,
// samples of intents, and the provider's own pages.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeSentences, kinds, protocolSentences } from '../../apps/api/dist/docs/errors.js';
import { errorKinds } from '../../libs/kernel/dist/index.js';
import { graphqlPages } from './graphql.mjs';
import { valuesPage } from './values.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');

/** Text of each generated page, by its path on the site. */
export function referencePages() {
  return new Map([
    ['architecture.md', read('ARCHITECTURE.md')],
    ['figures.md', figures()],
    ...graphqlPages(),
    ['reference/errors.md', errors()],
    ['reference/intents.md', intents()],
    [
      'reference/agent-chart.md',
      valuesPage("Values of the agent's chart", read('infra/helm/isthmus-agent/values.yaml')),
    ],
    [
      'reference/platform-chart.md',
      valuesPage("Values of the platform's chart", read('infra/helm/isthmus/values.yaml')),
    ],
    ...terraform(),
  ]);
}

function figures() {
  const [, text] = /^## How fast\n(.*?)^## /ms.exec(read('README.md')) ?? [];
  if (!text) throw new Error('README.md has no section "How fast"');
  return `# Figures\n\n## How fast\n${text}`;
}

function errors() {
  const lines = [
    '# Codes of errors\n',
    'Each error of the API has one of these in `extensions.code`, and the command line prints it. Codes are stable; messages are for people.\n',
  ];
  for (const [kind, [title, sentence]] of Object.entries(kinds)) {
    lines.push(`## ${title}\n`, `${sentence}\n`);
    for (const [code, words] of Object.entries(codeSentences))
      if (errorKinds[code] === kind) lines.push(`- \`${code}\`: ${words}`);
    lines.push('');
  }
  lines.push('## Refused by GraphQL\n', 'Before any operation is begun.\n');
  for (const [code, words] of Object.entries(protocolSentences))
    lines.push(`- \`${code}\`: ${words}`);
  return `${lines.join('\n')}\n`;
}

function intents() {
  const folder = 'libs/releases/src/intents/samples';
  const parts = readdirSync(join(root, folder))
    .sort()
    .map((file) => {
      const title = file.replace(/\.yaml$/, '').replaceAll('-', ' ');
      const heading = title[0].toUpperCase() + title.slice(1);
      return `## ${heading}\n\n\`\`\`yaml\n${read(`${folder}/${file}`).trim()}\n\`\`\`\n`;
    });
  return [
    '# Samples of intents\n',
    'What each is for, and what it becomes, says [the guide to configuration](../configuration.md#what-goes-into-it). These are compiled by the tests.\n',
    ...parts,
  ].join('\n');
}

/** As tfplugindocs has written them, but for their heads, which are a registry's. */
function terraform() {
  const folder = 'infra/terraform-provider/docs';
  const files = readdirSync(join(root, folder), { recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.md'));
  const pages = files.sort().map((name) => {
    const text = read(`${folder}/${name}`).replace(/^---\n.*?^---\n/ms, '');
    return [posix.join('reference/terraform', name), text.trimStart()];
  });
  const example = read('infra/terraform-provider/examples/complete/main.tf').trim();
  const whole = `# A whole mesh by Terraform\n\n\`\`\`terraform\n${example}\n\`\`\`\n`;
  return [...pages, ['reference/terraform/whole-mesh.md', whole]];
}
