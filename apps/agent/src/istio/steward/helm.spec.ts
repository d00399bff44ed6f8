import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../testing/lab.js';
import { Helm, HelmError } from './helm.js';
import { TaskError } from './problem.js';

let dir: string;
let path: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'isthmus-helm-'));
  path = join(dir, 'helm');
  // Says what it is asked to, or starts another one and waits for it.
  const script = `#!/bin/sh
echo "began $1" >> ${join(dir, 'log')}
case "$1" in
  env) echo "$HOME $HELM_CACHE_HOME $HELM_NAMESPACE $KUBECONFIG" ;;
  fail) echo 'level=WARN msg="of no interest"' >&2; echo "Error: $2" >&2; exit 1 ;;
  hang) sleep 600 & echo $! > ${join(dir, 'child')}; wait ;;
  slow) sleep 0.2 ;;
esac
echo "ended $1" >> ${join(dir, 'log')}
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
});
afterAll(async () => await rm(dir, { recursive: true, force: true }));

const helmIn = (folder: string, timeoutMs = 30_000): Helm =>
  new Helm({ path, kubeconfig: '/a/kubeconfig', folder: join(dir, folder), timeoutMs });

async function isAlive(): Promise<boolean> {
  const pid = (await readFile(join(dir, 'child'), 'utf8')).trim();
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !stat.includes(') Z ');
}

const begun = async (): Promise<unknown> =>
  await eventually(async () => (await readFile(join(dir, 'child'), 'utf8')) !== '' && isAlive());

it('has a home of its own, and no settings of others', async () => {
  process.env.HELM_NAMESPACE = 'elsewhere';
  const home = join(dir, 'home');
  expect(await helmIn('home').run(['env'])).toBe(`${home} ${home}/cache  /a/kubeconfig\n`);
  delete process.env.HELM_NAMESPACE;
});

it('tells what Helm said', async () => {
  const helm = helmIn('words');
  await expect(helm.run(['fail', 'no such chart'])).rejects.toEqual(new HelmError('no such chart'));
  const said = 'secrets is forbidden: User "agent" cannot list resource "secrets"';
  await expect(helm.run(['fail', said])).rejects.toMatchObject({
    reason: 'Forbidden',
    message: expect.stringContaining('istio.manage=true'),
  });
  const busy = 'UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress';
  await expect(helm.run(['fail', busy])).rejects.toMatchObject({
    reason: 'HelmBusy',
    transient: true,
  });
  const none = new Helm({
    path: join(dir, 'none'),
    kubeconfig: undefined,
    folder: dir,
    timeoutMs: 1,
  });
  await expect(none.run(['env'])).rejects.toMatchObject({ reason: 'HelmMissing' });
});

it('runs one at a time', async () => {
  const helm = helmIn('slow');
  await rm(join(dir, 'log'), { force: true });
  await Promise.all([helm.run(['slow']), helm.run(['slow'])]);
  const lines = (await readFile(join(dir, 'log'), 'utf8')).trim().split('\n');
  expect(lines).toEqual(['began slow', 'ended slow', 'began slow', 'ended slow']);
});

it('ends what takes too long, with all that it started', async () => {
  const problem = await helmIn('late', 500)
    .run(['hang'])
    .catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(TaskError);
  expect(problem).toMatchObject({ reason: 'HelmTimeout' });
  await eventually(async () => !(await isAlive()));
});

it('is interrupted by a stop, and begins nothing after it', async () => {
  const helm = helmIn('stop');
  await rm(join(dir, 'child'), { force: true });
  const run = helm.run(['hang']).catch((error: unknown) => error);
  await begun();
  await helm.stop();
  await run;
  await eventually(async () => !(await isAlive()));
  await expect(helm.run(['env'])).rejects.toThrow();
});

it('ends what an earlier life left behind, with all that it started', async () => {
  const folder = join(dir, 'left');
  await mkdir(folder);
  await rm(join(dir, 'child'), { force: true });
  // As the agent starts it; nobody wrote down its pid.
  const left = spawn(path, ['hang'], { detached: true, env: { ...process.env, HOME: folder } });
  const ended = once(left, 'exit');
  await writeFile(join(folder, 'values-1.json'), '{}');
  await begun();
  await helmIn('other').endLeftovers();
  expect(await isAlive()).toBe(true);
  await helmIn('left').endLeftovers();
  expect(await isAlive()).toBe(false);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(await readdir(folder)).toEqual([]);
});
