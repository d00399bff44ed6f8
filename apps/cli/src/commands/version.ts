import { print } from '../terminal.js';
import { version } from '../version.js';
import type { Program } from './command.js';

export function versionCommand(program: Program): void {
  program.command(
    'version',
    'Show the version of this command line',
    (it) => it,
    () => print(`isthmus ${version}`),
  );
}
