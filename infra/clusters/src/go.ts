import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, run } from './command.js';
import { type Log, withProgress } from './log.js';

const goFolder = fileURLToPath(new URL('../go/', import.meta.url));

/** The Go modules of this package. */
export const moduleFolders = {
  kubecluster: join(goFolder, 'kubecluster'),
  helm: join(goFolder, 'helm'),
  kwok: join(goFolder, 'kwok'),
  crds: join(goFolder, 'crds'),
  tofu: join(goFolder, 'tofu'),
} as const;

// No C compiler needed, and nobody's workspace file gets in.
const env = { CGO_ENABLED: '0', GOWORK: 'off' };

/**
 * The Go toolchain's version and target as one string.
 * @throws Error that says what to install when there is no Go.
 */
async function toolchain(): Promise<string> {
  try {
    return await run(['go', 'env', 'GOVERSION', 'GOOS', 'GOARCH'], {
      cwd: moduleFolders.kubecluster,
      env,
    });
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode !== null) throw error;
  }
  const goMod = await readFile(join(moduleFolders.kubecluster, 'go.mod'), 'utf8');
  const version = /^go (\S+)$/m.exec(goMod)?.[1] ?? '';
  throw new Error(
    `there is no Go on the PATH: install Go ${version} or newer (https://go.dev/dl) and see that 'go version' works`,
  );
}

/** Names what a module is built into: it changes with the module's files, the toolchain and the recipe. */
export async function fingerprint(folder: string, recipe: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([await toolchain(), ...recipe]));
  for (const name of (await readdir(folder)).sort()) {
    hash.update(`\n${name}\n`).update(await readFile(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Builds one program, reproducibly. @throws CommandError with the compiler's words. */
export async function buildProgram(
  folder: string,
  goPackage: string,
  output: string,
  linkerFlags: readonly string[],
  log: Log,
): Promise<void> {
  const flags = [
    '-trimpath',
    '-buildvcs=false',
    '-mod=readonly',
    '-ldflags',
    ['-s -w', ...linkerFlags].join(' '),
  ];
  await withProgress(`building ${goPackage} in ${folder} (minutes, the first time)`, log, () =>
    run(['go', 'build', ...flags, '-o', output, goPackage], { cwd: folder, env }),
  );
}

/**
 * Fetches the modules that a go.mod requires, nothing that they require in turn.
 * @returns Their folders in the module cache, by module path.
 * @throws Error when a module's checksum is not in go.sum.
 */
export async function downloadModules(folder: string): Promise<Map<string, string>> {
  const required = [
    ...(await readFile(join(folder, 'go.mod'), 'utf8')).matchAll(/^\t(\S+) v\S+$/gm),
  ].map((match) => match[1] ?? '');
  const sums = await readFile(join(folder, 'go.sum'), 'utf8');
  const said = await run(['go', 'mod', 'download', '-json', ...required], { cwd: folder, env });
  const folders = new Map<string, string>();
  for (const text of said.trim().split(/(?<=^\})\n/m)) {
    const module = JSON.parse(text) as { Path: string; Version: string; Dir: string; Sum: string };
    if (!sums.includes(`${module.Path} ${module.Version} ${module.Sum}\n`)) {
      throw new Error(
        `${folder}/go.sum does not know ${module.Path} ${module.Version} ${module.Sum}`,
      );
    }
    folders.set(module.Path, module.Dir);
  }
  return folders;
}
