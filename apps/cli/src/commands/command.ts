import type { Argv } from 'yargs';
import type { Globals } from '../session.js';

/** A command line that knows the options that every command takes. */
export type Program = Argv<Globals>;
