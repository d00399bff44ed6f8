import { spawn } from 'node:child_process';

/** A program that failed. The message quotes what it wrote, so it holds the words of whoever refused. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly command: readonly string[],
    /** `null` when a signal ended it, or when it could not be started. */
    readonly exitCode: number | null,
    readonly stdout: string,
    readonly stderr: string,
    reason: string,
  ) {
    const said = (stderr.trim() || stdout.trim()).split('\n').slice(-30).join('\n');
    super(`${command.join(' ')}: ${reason}${said === '' ? '' : `\n${said}`}`);
  }
}

export interface CommandOptions {
  cwd?: string;
  /** Added to this process's environment. */
  env?: Readonly<Record<string, string>>;
  /** Written to the program's standard input. */
  input?: string;
  /** After so many milliseconds the program is killed. Default: it may take as long as it likes. */
  timeoutMs?: number;
}

/**
 * Runs a program to its end and returns its standard output.
 * @throws CommandError when it can't be started, is killed, or exits with another code than 0.
 */
export async function run(
  command: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<string> {
  const [program, ...args] = command;
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    const fail = (reason: string, code: number | null) =>
      reject(new CommandError(command, code, stdout, stderr, reason));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (error) => fail(error.message, null));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else if (code !== null) fail(`exit code ${code}`, code);
      else if (options.timeoutMs !== undefined)
        fail(`ended by ${signal}, limit ${options.timeoutMs} ms`, null);
      else fail(`ended by ${signal}`, null);
    });
    // A program that ends before it has read everything says why by its exit code, not by our EPIPE.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}
