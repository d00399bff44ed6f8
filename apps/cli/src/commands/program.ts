import yargs from 'yargs';
import { usageError } from '../errors.js';
import { version } from '../version.js';
import { applyCommand, deleteCommand } from './apply.js';
import { bugReportCommand } from './bug-report.js';
import { clusterCommand } from './cluster.js';
import type { Program } from './command.js';
import { completionCommand, suggest } from './completion.js';
import { configurationCommands } from './configuration.js';
import { eventsCommand } from './events.js';
import { explainCommand } from './explain.js';
import { getCommand } from './get.js';
import { profileCommand } from './profile.js';
import { rolloutCommand } from './rollout.js';
import { signInCommands } from './sign-in.js';
import { tokenCommand } from './token.js';
import { upgradeCommand } from './upgrade.js';
import { versionCommand } from './version.js';
import { webhookCommand } from './webhook.js';

const group = 'Everywhere:';
/** Columns of help, whatever the terminal has: it is documentation as well. */
const helpWidth = 110;

/** All commands; nothing runs before it is parsed. */
export function createProgram(words: readonly string[]): Program {
  // Of what a shell asks as somebody types nothing is wrong yet.
  const isCompleting = words[0] === '--get-yargs-completions';
  const program: Program = yargs(withDashes(words))
    .scriptName('isthmus')
    .usage(
      '$0 <command>\n\nThe command line of Isthmus, a control plane for Istio across hybrid fleets.',
    )
    .locale('en')
    .wrap(helpWidth)
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': true,
      'duplicate-arguments-array': true,
      'boolean-negation': true,
      'greedy-arrays': false,
    })
    .options({
      profile: { type: 'string', group, describe: 'Name of the profile (ISTHMUS_PROFILE)' },
      endpoint: {
        type: 'string',
        group,
        describe: 'Address of Isthmus; that of the profile unless said (ISTHMUS_ENDPOINT)',
      },
      token: {
        type: 'string',
        group,
        describe: 'API token, or - to read it from standard input (ISTHMUS_TOKEN)',
      },
      mesh: {
        type: 'string',
        group,
        describe: 'Name or id of the mesh; the only one unless said (ISTHMUS_MESH)',
      },
      deadline: {
        type: 'number',
        default: 30,
        group,
        describe: 'Seconds that one request may take',
      },
    })
    .check(({ deadline }) => {
      if (deadline > 0) return true;
      throw usageError('--deadline is a number of seconds');
    })
    .version(version)
    .help()
    .alias('help', 'h')
    .group(['help', 'version'], group)
    .strict(!isCompleting)
    .recommendCommands()
    .showHelpOnFail(false)
    .exitProcess(isCompleting)
    .demandCommand(1, 1, 'say what to do; isthmus --help lists it')
    .completion('completion-words', false, suggest)
    .fail((message, error) => {
      throw error ?? usageError(message);
    });
  for (const add of [
    signInCommands,
    profileCommand,
    getCommand,
    applyCommand,
    deleteCommand,
    clusterCommand,
    tokenCommand,
    configurationCommands,
    rolloutCommand,
    upgradeCommand,
    explainCommand,
    eventsCommand,
    webhookCommand,
    bugReportCommand,
    completionCommand,
    versionCommand,
  ]) {
    add(program);
  }
  return program;
}

/** `--token -` as `--token=-`: yargs takes a dash behind a long option for a word of its own. */
function withDashes(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    if (word === '-' && words[at - 1]?.startsWith('--')) return [];
    return words[at + 1] === '-' && word.startsWith('--') ? [`${word}=-`] : [word];
  });
}
