import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { rowsOf as apiRows } from '../api/api.js';
import type { ReleasePreviewQuery } from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { readSources, type Source } from '../documents/document.js';
import { CliError, exits, usageError } from '../errors.js';
import { findOne, type Noun } from '../nouns/noun.js';
import { releases } from '../nouns/releases.js';
import { type Form, forms, printData } from '../output/output.js';
import { openSession, type Session } from '../session.js';
import { note, paint, print } from '../terminal.js';
import type { Program } from './command.js';
import { printRows, rowsOf, showDetail } from './get.js';
import { parseLength } from './lengths.js';
import { followRollout } from './rollout.js';

const CheckConfiguration = graphql(`
  mutation CheckConfiguration($input: CheckConfigurationInput!) {
    checkConfiguration(input: $input) {
      valid
      objectCount
      changes {
        change
        name
        diff
      }
      problems {
        ...ProblemParts
      }
    }
  }
  fragment ProblemParts on ConfigurationProblem {
    severity
    code
    path
    line
    object
    message
    remedy
  }
`);
const ApplyConfiguration = graphql(`
  mutation ApplyConfiguration($input: ApplyConfigurationInput!) {
    applyConfiguration(input: $input) {
      created
      release {
        id
        number
        message
        objectCount
      }
      rollout {
        id
        state
      }
      warnings {
        ...ProblemParts
      }
    }
  }
`);
const ReleasePreview = graphql(`
  query ReleasePreview($id: ID!, $first: Int, $after: String) {
    node(id: $id) {
      ... on Release {
        preview(first: $first, after: $after) {
          edges {
            node {
              added
              changed
              removed
              diff
              from
              cluster {
                name
              }
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);
const ReleaseFiles = graphql(`
  query ReleaseFiles($id: ID!, $form: ReleaseForm!) {
    node(id: $id) {
      ... on Release {
        files(form: $form) {
          path
          content
        }
      }
    }
  }
`);

interface Problem {
  readonly severity: string;
  readonly code: string;
  readonly path: string | null;
  readonly line: number | null;
  readonly object: string | null;
  readonly message: string;
  readonly remedy: string;
}

const text = {
  alias: 'o',
  choices: ['text', 'json', 'yaml'] as const,
  default: 'text',
  describe: 'How to print it',
} as const;
const fileOption = {
  alias: 'f',
  type: 'string',
  demandOption: true,
  describe: 'File or folder of YAML, or - for standard input',
} as const;
const folderOption = {
  type: 'string',
  describe: 'Takes the place of this folder alone of what the mesh runs; of all of it unless said',
} as const;

/** What the mesh runs: `diff` and `release`. */
export function configurationCommands(program: Program): void {
  program.command(
    'diff',
    'Show what releasing a folder would change, and what is wrong with it',
    (it) =>
      it
        .usage(
          '$0 diff -f <folder>\n\nShow what releasing a folder would change, and what is wrong with it. Ends with 0 where nothing would change, with 1 where something would, and with more where it cannot be released.',
        )
        .option('file', fileOption)
        .option('folder', folderOption)
        .option('output', text),
    (argv) => diff(argv),
  );
  program.command('release', 'Releases of the configuration of the mesh', (it) =>
    it
      .command(
        'apply',
        'Make a release of a folder, and roll it out',
        (apply) =>
          apply
            .option('file', fileOption)
            .option('folder', folderOption)
            .option('message', {
              alias: 'm',
              type: 'string',
              default: 'by the command line',
              describe: 'Why, for the history',
            })
            .option('rollout', {
              type: 'boolean',
              default: true,
              describe: 'Roll it out; --no-rollout makes the release alone',
            })
            .option('wait', {
              type: 'boolean',
              default: false,
              describe: 'Tell how the rollout goes, until it is through or halts',
            })
            .option('timeout', {
              type: 'string',
              default: '1h',
              describe: 'So long --wait waits',
            })
            .option('output', text),
        (argv) => applyRelease(argv),
      )
      .command(
        'list',
        'List the releases, the newest first',
        (list) =>
          list
            .option('output', {
              alias: 'o',
              choices: forms,
              default: 'table' as Form,
              describe: 'How to print it',
            })
            .option('limit', { type: 'number', default: 50, describe: 'The most to list' }),
        async ({ output, limit, ...globals }) =>
          printRows(
            releases,
            await rowsOf(releases, await openSession(globals), undefined, limit),
            output,
          ),
      )
      .command(
        'describe <release>',
        'Show all of a release',
        (show) => show.positional('release', releasePositional).option('output', text),
        async ({ release, output, ...globals }) =>
          showDetail(await openSession(globals), releases, release, output),
      )
      .command(
        'preview <release>',
        'Show what a release would change, cluster by cluster',
        (preview) => preview.positional('release', releasePositional).option('output', text),
        (argv) => previewRelease(argv),
      )
      .command(
        'export <release>',
        'Write the files of a release into a folder',
        (it) =>
          it
            .positional('release', releasePositional)
            .option('folder', {
              type: 'string',
              demandOption: true,
              describe: 'Where to; what is there of the same name is written over',
            })
            .option('compiled', {
              type: 'boolean',
              default: false,
              describe: 'With the intents compiled to the kinds of Istio',
            }),
        (argv) => exportRelease(argv),
      )
      .demandCommand(1, 'say apply, list, describe, preview or export'),
  );
}

const releasePositional = {
  type: 'string',
  demandOption: true,
  describe: 'Number or id',
} as const;

interface FolderArguments {
  readonly file: string;
  readonly folder?: string | undefined;
  readonly output: string;
}

type Globals = Parameters<typeof openSession>[0];

async function diff({ file, folder, output, ...globals }: FolderArguments & Globals) {
  const sources = await sourcesOf(file);
  const session = await openSession(globals);
  const input = { meshId: (await session.mesh()).id, files: toFiles(sources), folder };
  const { checkConfiguration: check } = await session.api.ask(CheckConfiguration, { input });
  if (output === 'json' || output === 'yaml') printData(check, output);
  else {
    for (const { change, name, diff } of check.changes) {
      print(`${change.toLowerCase()} ${name}\n${coloured(diff)}`);
    }
    note(wordsOf(check.changes));
  }
  tell(check.problems);
  if (!check.valid) {
    throw new CliError('CONFIGURATION_INVALID', `${file} cannot be released as it is`);
  }
  if (check.changes.length > 0) process.exitCode = exits.no;
}

function wordsOf(changes: readonly { readonly change: string }[]): string {
  if (changes.length === 0) return 'nothing would change';
  const count = (change: string) => changes.filter((it) => it.change === change).length;
  return `${count('ADDED')} added, ${count('CHANGED')} changed, ${count('REMOVED')} removed`;
}

interface ApplyArguments extends FolderArguments {
  readonly message: string;
  readonly rollout: boolean;
  readonly wait: boolean;
  readonly timeout: string;
}

async function applyRelease(argv: ApplyArguments & Globals): Promise<void> {
  const { file, folder, message, rollout, wait, output, ...globals } = argv;
  const timeoutMs = parseLength(argv.timeout);
  const sources = await sourcesOf(file);
  const session = await openSession(globals);
  const { id: meshId } = await session.mesh();
  const input = { meshId, files: toFiles(sources), message, folder, rollout };
  const { applyConfiguration: applied } = await session.api.ask(ApplyConfiguration, { input });
  tell(applied.warnings);
  if (output === 'json' || output === 'yaml') printData(applied, output);
  else {
    const { release, created } = applied;
    print(`release ${release.number} ${created ? 'created' : 'unchanged'}`);
    if (applied.rollout) print(`rollout ${applied.rollout.id} ${applied.rollout.state}`);
    else if (rollout) note('it runs everywhere already');
  }
  if (wait && applied.rollout) await followRollout(session, applied.rollout.id, timeoutMs);
}

type Preview = Extract<
  ReleasePreviewQuery['node'],
  { readonly preview: unknown }
>['preview']['edges'][number]['node'];

async function previewRelease({
  release,
  output,
  ...globals
}: { readonly release: string; readonly output: string } & Globals): Promise<void> {
  const session = await openSession(globals);
  const id = await releaseId(session, release);
  const clusters: Preview[] = [];
  for await (const cluster of apiRows(async (page) => {
    const { node } = await session.api.ask(ReleasePreview, { id, ...page });
    if (!node || !('preview' in node)) throw new CliError('NOT_FOUND', `no release ${release}`);
    return node.preview;
  })) {
    clusters.push(cluster);
  }
  if (output === 'json' || output === 'yaml') printData(clusters, output);
  else {
    for (const { cluster, added, changed, removed, from, diff } of clusters) {
      const before = from === null ? 'nothing' : `release ${from}`;
      print(`${cluster.name} (${before}): ${added} added, ${changed} changed, ${removed} removed`);
      if (diff) print(coloured(diff));
    }
    if (clusters.length === 0) note('the mesh has no clusters');
  }
}

async function exportRelease({
  release,
  folder,
  compiled,
  ...globals
}: {
  readonly release: string;
  readonly folder: string;
  readonly compiled: boolean;
} & Globals): Promise<void> {
  const session = await openSession(globals);
  const id = await releaseId(session, release);
  const form = compiled ? 'COMPILED' : 'WRITTEN';
  const { node } = await session.api.ask(ReleaseFiles, { id, form });
  if (!node || !('files' in node)) throw new CliError('NOT_FOUND', `no release ${release}`);
  const root = resolve(folder);
  for (const { path, content } of node.files) {
    const target = resolve(root, path);
    if (!target.startsWith(root + sep)) throw new CliError('PATH_OUTSIDE', `${path} leads outside`);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  note(`${node.files.length} files in ${folder}`);
}

async function releaseId(session: Session, ref: string): Promise<string> {
  const noun: Noun = releases;
  return noun.idOf(await findOne(noun, session, ref.replace(/^#/, '')));
}

/** @throws USAGE where there is nothing, which would take everything away. */
async function sourcesOf(path: string): Promise<Source[]> {
  const sources = await readSources(path);
  if (sources.length === 0) throw usageError(`there are no files of YAML in ${path}`);
  return sources;
}

function toFiles(sources: readonly Source[]): { path: string; content: string }[] {
  return sources.map(({ path, content }) => ({ path, content }));
}

function tell(problems: readonly Problem[]): void {
  for (const { severity, code, path, line, object, message, remedy } of problems) {
    const place = [path, line].filter((it) => it !== null).join(':');
    note(
      `${[place, severity.toLowerCase()].filter(Boolean).join(': ')}: ${code} ${object ? `${object}: ` : ''}${message}`,
    );
    if (remedy) note(`  ${remedy}`);
  }
}

function coloured(diff: string): string {
  return diff
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (line.startsWith('+')) return paint('good', line);
      return line.startsWith('-') ? paint('bad', line) : line;
    })
    .join('\n');
}
