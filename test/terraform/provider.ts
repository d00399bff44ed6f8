import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of this repository. */
export const providerFolder = fileURLToPath(
  new URL('../../infra/terraform-provider', import.meta.url),
);

/** What a program ended with, and all that it said. */
export interface Said {
  readonly code: number;
  readonly text: string;
}

const longestRunMs = 1_800_000;

/** Runs a program to its end, whatever that is. @param environment Over that of this process. */
export function run(
  command: readonly [string, ...string[]],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const [file, ...args] = command;
  const env = { ...process.env, CHECKPOINT_DISABLE: '1', GOWORK: 'off', ...environment };
  const options = { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: longestRunMs };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      const code = error ? Number(error.code ?? 1) : 0;
      resolve({ code, text: `${stdout}${stderr}` });
    });
  });
}

/**
 * Builds the provider, and has OpenTofu take it from there.
 *
 * @param folder of what is built; made.
 * @returns what runs OpenTofu with arguments, in a folder.
 */
export async function tofuProvider(tofu: string, folder: string) {
  await mkdir(folder, { recursive: true });
  const built = await run(
    ['go', 'build', '-o', join(folder, 'terraform-provider-isthmus'), '.'],
    providerFolder,
  );
  if (built.code !== 0) throw new Error(built.text);
  const settings = join(folder, 'tofurc');
  await writeFile(
    settings,
    `provider_installation {
  dev_overrides {
    "isthmus/isthmus" = "${folder}"
  }
  direct {}
}
`,
  );
  return (args: readonly string[], cwd: string, environment: Readonly<Record<string, string>>) =>
    run([tofu, ...args], cwd, { TF_CLI_CONFIG_FILE: settings, ...environment });
}
