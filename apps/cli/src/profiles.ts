import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CliError, usageError } from './errors.js';

const profile = z.object({
  /** Such as https://isthmus.example.com. */
  endpoint: z.string(),
  /** Goes to that endpoint and nowhere else; none after `logout`. */
  token: z.string().optional(),
  /** Whether signing in made the token, for this profile alone. */
  ownsToken: z.boolean().optional(),
  /** Id or name of the mesh that is meant unless said. */
  mesh: z.string().optional(),
});
const file = z.object({
  current: z.string().default('default'),
  profiles: z.record(z.string(), profile).default({}),
});

export type Profile = z.infer<typeof profile>;
export type Profiles = z.infer<typeof file>;

export function profilesPath(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CONFIG_HOME || join(homedir(), '.config');
  return join(base, 'isthmus', 'config.json');
}

/** None where there is no file yet. */
export async function readProfiles(path = profilesPath()): Promise<Profiles> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return file.parse({});
    throw new CliError('CONFIG_UNREADABLE', `${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    return file.parse(JSON.parse(text));
  } catch {
    throw usageError(`${path} is no configuration of isthmus; mend it, or remove it and sign in`);
  }
}

/** Whole or not at all, and for its owner alone: tokens are in it. */
export async function writeProfiles(profiles: Profiles, path = profilesPath()): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.tmp`;
  try {
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(profiles, undefined, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(draft, 0o600);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new CliError(
      'CONFIG_UNWRITABLE',
      `${path} cannot be written: ${(error as Error).message}`,
    );
  }
}
