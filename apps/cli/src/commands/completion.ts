import type { Arguments } from 'yargs';
import { nameOf } from '../nouns/noun.js';
import { nounOf, nouns } from '../nouns/nouns.js';
import { readProfiles } from '../profiles.js';
import { type Globals, openSession } from '../session.js';
import { print } from '../terminal.js';
import type { Program } from './command.js';
import { rowsOf } from './get.js';

const bash = `# isthmus completion for bash: eval "$(isthmus completion bash)"
_isthmus() {
  local IFS=$'\\n' word="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=( $(compgen -W "$(isthmus --get-yargs-completions "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)" -- "$word") )
}
complete -o bashdefault -o default -F _isthmus isthmus
`;
const zsh = `#compdef isthmus
# isthmus completion for zsh: eval "$(isthmus completion zsh)"
_isthmus() {
  local -a words_of_isthmus
  words_of_isthmus=("\${(@f)$(isthmus --get-yargs-completions "\${words[@]:0:$CURRENT}" 2>/dev/null)}")
  compadd -- $words_of_isthmus
  _files
}
compdef _isthmus isthmus
`;

/** Names that are asked for as somebody types; whoever wants another one knows it. */
const mostNames = 100;
/** Who types does not wait for longer, in seconds. */
const patience = 3;

/** By the words before: which nouns have names that come next. */
const nounAfter: Readonly<Record<string, string>> = {
  'cluster join': 'clusters',
  'cluster update': 'clusters',
  'token revoke': 'tokens',
  'release describe': 'releases',
  'release preview': 'releases',
  'release export': 'releases',
  'rollout start': 'releases',
  'rollout watch': 'rollouts',
  'rollout pause': 'rollouts',
  'rollout resume': 'rollouts',
  'rollout abort': 'rollouts',
  'upgrade plan': 'istio-versions',
  'upgrade start': 'upgrades',
  'upgrade approve': 'upgrades',
  'upgrade reject': 'upgrades',
  'upgrade pause': 'upgrades',
  'upgrade resume': 'upgrades',
  'upgrade abort': 'upgrades',
  'upgrade roll-back': 'upgrades',
  'upgrade watch': 'upgrades',
  'upgrade retry': 'clusters',
  'upgrade skip': 'clusters',
  'webhook test': 'webhooks',
  'webhook deliveries': 'webhooks',
  'webhook redeliver': 'webhooks',
  'webhook replay': 'webhooks',
  'webhook rotate-secret': 'webhooks',
  'webhook enable': 'webhooks',
  'webhook disable': 'webhooks',
};

export function completionCommand(program: Program): void {
  program.command(
    'completion <shell>',
    'Print the completion script of a shell',
    (it) =>
      it
        .usage(
          '$0 completion <shell>\n\nPrint the completion script of a shell: eval "$(isthmus completion bash)".',
        )
        .positional('shell', {
          choices: ['bash', 'zsh'] as const,
          demandOption: true,
          describe: 'Which shell',
        }),
    ({ shell }) => print(shell === 'bash' ? bash : zsh),
  );
}

type Done = (words: string[]) => void;
type ByItself = (callback: (error: Error | null, words: string[] | undefined) => void) => void;

/** Commands and options as yargs knows them; nouns, names and profiles as they are. */
export function suggest(current: string, argv: Arguments, byItself: ByItself, done: Done): void {
  // The first word is this command itself, and the last one what is being typed, unless that is an option's.
  const words = argv._.slice(1).map(String);
  const isOption = current.startsWith('-') || words.at(-1) !== current;
  const names = isOption ? [] : namesAfter(words.slice(0, -1), argv as unknown as Globals);
  Promise.resolve(names).then(
    (found) => {
      if (found.length > 0) done(found);
      // In zsh yargs has what it is for behind each word.
      else byItself((_, words) => done((words ?? []).map((it) => it.split(':')[0] ?? it)));
    },
    () => done([]),
  );
}

async function namesAfter(words: readonly string[], globals: Globals): Promise<string[]> {
  const [command = '', second] = words;
  const takesNoun = ['get', 'describe', 'delete'].includes(command);
  if (takesNoun && words.length === 1) return nouns.map(({ name }) => name);
  if (words.join(' ') === 'profile use' || words.join(' ') === 'profile remove') {
    return Object.keys((await readProfiles()).profiles);
  }
  const name = takesNoun && words.length === 2 ? second : nounAfter[words.join(' ')];
  const noun = name === undefined ? undefined : nounOf(name);
  if (!noun) return [];
  const session = await openSession({ ...globals, deadline: patience });
  const rows = await rowsOf(noun, session, undefined, mostNames);
  return [...new Set(rows.map((row) => nameOf(noun, row)))];
}
