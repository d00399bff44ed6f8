import { graphql } from '../api/generated/index.js';
import { Applier } from '../documents/applier.js';
import {
  type Document,
  meshNameOf,
  parseDocuments,
  readSources,
  titleOf,
} from '../documents/document.js';
import { type Kind, kindNames } from '../documents/specs.js';
import { CliError, usageError } from '../errors.js';
import { findOne, type Noun, nameOf } from '../nouns/noun.js';
import { nounOf } from '../nouns/nouns.js';
import { printData } from '../output/output.js';
import { openSession, type Session } from '../session.js';
import { confirm, note, print } from '../terminal.js';
import type { Program } from './command.js';
import { nounNamed } from './get.js';

const RemoveCluster = graphql(`
  mutation RemoveCluster($input: RemoveClusterInput!) {
    removeCluster(input: $input) {
      cluster {
        id
      }
    }
  }
`);
const DeleteExportPolicy = graphql(`
  mutation DeleteExportPolicy($input: DeleteExportPolicyInput!) {
    deleteExportPolicy(input: $input) {
      exportPolicy {
        id
      }
    }
  }
`);
const RevokeHostGrant = graphql(`
  mutation RevokeHostGrant($input: RevokeHostGrantInput!) {
    revokeHostGrant(input: $input) {
      hostGrant {
        id
      }
    }
  }
`);
const DeleteWebhook = graphql(`
  mutation DeleteWebhook($input: DeleteWebhookInput!) {
    deleteWebhook(input: $input) {
      webhook {
        id
      }
    }
  }
`);
export const RevokeApiToken = graphql(`
  mutation RevokeApiToken($input: RevokeApiTokenInput!) {
    revokeApiToken(input: $input) {
      apiToken {
        id
      }
    }
  }
`);

/** How a thing is taken away, by the noun's name. */
const removals: Readonly<Record<string, (session: Session, id: string) => Promise<unknown>>> = {
  clusters: ({ api }, clusterId) => api.ask(RemoveCluster, { input: { clusterId } }),
  'export-policies': ({ api }, id) => api.ask(DeleteExportPolicy, { input: { id } }),
  'host-grants': ({ api }, id) => api.ask(RevokeHostGrant, { input: { id } }),
  tokens: ({ api }, id) => api.ask(RevokeApiToken, { input: { id } }),
  webhooks: ({ api }, id) => api.ask(DeleteWebhook, { input: { id } }),
};

const nounOfKind: Partial<Record<Kind, string>> = {
  Cluster: 'clusters',
  ExportPolicy: 'export-policies',
  HostGrant: 'host-grants',
  Webhook: 'webhooks',
};

const fileOption = {
  alias: 'f',
  type: 'string',
  describe: 'File or folder of YAML, or - for standard input',
} as const;

export function applyCommand(program: Program): void {
  program.command(
    'apply',
    'Make things as documents say',
    (it) =>
      it
        .usage(
          `$0 apply -f <file>\n\nMake things as documents (apiVersion: isthmus.dev/v1) say, and leave what is so already. Kinds: ${kindNames.join(', ')}. What the mesh runs is released instead: isthmus release apply.`,
        )
        .option('file', { ...fileOption, demandOption: true })
        .option('dry-run', {
          type: 'boolean',
          default: false,
          describe: 'Say what would be done, and do nothing',
        })
        .option('output', {
          alias: 'o',
          choices: ['text', 'json', 'yaml'] as const,
          default: 'text',
          describe: 'How to print it',
        }),
    async ({ file, dryRun, output, ...globals }) => {
      const documents = parseDocuments(await readSources(file));
      const applier = new Applier(await openSession(globals), dryRun);
      const done: { kind: string; name: string; outcome: string; secret?: string }[] = [];
      for await (const { document, outcome, secret } of applier.apply(documents)) {
        const title = titleOf(document);
        if (output === 'text') print(`${title} ${outcome}${dryRun ? ' (dry run)' : ''}`);
        const name = title.slice(document.kind.length + 1);
        // Whoever reads data has it there, and in no log.
        if (secret !== undefined && output === 'text') {
          note(`${title}: its secret, shown this once: ${secret}`);
        }
        done.push({ kind: document.kind, name, outcome, ...(secret !== undefined && { secret }) });
      }
      if (output === 'json' || output === 'yaml') printData(done, output);
    },
  );
}

export function deleteCommand(program: Program): void {
  program.command(
    'delete [noun] [name]',
    'Take things away, by name or by their documents',
    (it) =>
      it
        .positional('noun', {
          type: 'string',
          describe: `One of ${Object.keys(removals).join(', ')}`,
        })
        .positional('name', { type: 'string', describe: 'Name or id' })
        .option('file', fileOption)
        .option('yes', {
          alias: 'y',
          type: 'boolean',
          default: false,
          describe: 'Do not ask first',
        })
        .example('$0 delete cluster berlin --yes', ''),
    async ({ noun, name, file, yes, ...globals }) => {
      const session = await openSession(globals);
      if (file !== undefined) {
        if (noun !== undefined) throw usageError('say either what to delete, or -f');
        await deleteDocuments(session, parseDocuments(await readSources(file)), yes);
        return;
      }
      if (noun === undefined || name === undefined) {
        throw usageError('say what to delete: isthmus delete <noun> <name>, or -f');
      }
      const kind = nounNamed(noun);
      const remove = removalOf(kind);
      const row = await findOne(kind, session, name);
      const title = `${kind.aliases[0]} ${nameOf(kind, row)}`;
      await confirm(`Delete ${title}?${consequences[kind.name] ?? ''}`, yes);
      await remove(session, kind.idOf(row));
      print(`${title} deleted`);
    },
  );
}

/** What whoever is asked should know. */
const consequences: Readonly<Record<string, string>> = {
  clusters: ' Its agent is let in no more, and other clusters forget its services.',
  tokens: ' Whoever uses it is refused from then on.',
  webhooks: ' What was on its way to it is not sent any more.',
};

function removalOf({ name }: Noun): (typeof removals)[string] {
  const remove = removals[name];
  if (remove) return remove;
  throw usageError(`the API cannot delete ${name}; it can ${Object.keys(removals).join(', ')}`);
}

/** What is gone already is no error: it is what was wanted. */
async function deleteDocuments(
  session: Session,
  documents: readonly Document[],
  isConfirmed: boolean,
): Promise<void> {
  const lasting = documents.find(({ kind }) => nounOfKind[kind] === undefined);
  if (lasting) {
    throw usageError(`${lasting.place}: the API cannot delete a ${lasting.kind}`);
  }
  const titles = documents.map(titleOf);
  await confirm(`Delete ${titles.join(', ')}?`, isConfirmed);
  const inOrder = documents.toSorted(
    (a, b) => kindNames.indexOf(b.kind) - kindNames.indexOf(a.kind),
  );
  for (const document of inOrder) {
    const noun = nounOf(nounOfKind[document.kind] ?? '');
    if (!noun) continue;
    const mesh = meshNameOf(document);
    const { name, namespace } = document.metadata;
    const scope = mesh === undefined ? session : { ...session, mesh: () => session.mesh(mesh) };
    try {
      const row = await findOne(noun, scope, namespace ? `${namespace}/${name}` : name);
      await removalOf(noun)(session, noun.idOf(row));
      print(`${titleOf(document)} deleted`);
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'NOT_FOUND') throw error;
      print(`${titleOf(document)} absent`);
    }
  }
}
