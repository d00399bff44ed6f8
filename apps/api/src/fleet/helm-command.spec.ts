import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { helmCommand, joinTokenVariable } from './helm-command.js';

const chart = {
  chart: "/home/ada's charts/isthmus-agent",
  chartVersion: undefined,
  hubAddress: '[2001:db8::1]:443',
  hubCa: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
};

/** What a shell makes of a command after its first word. */
function wordsOf(command: string, environment: Record<string, string> = {}): string[] {
  expect(command).not.toContain('\n');
  const words = execFileSync('sh', ['-uc', command.replace(/^helm/, 'printf "%s\\n"')], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...environment },
  });
  return words.trim().split('\n');
}

it('is one line, of which a shell makes the words that were meant', () => {
  expect(wordsOf(helmCommand(chart, 'isthmus_join_00_a-b_c'))).toEqual([
    'upgrade',
    '--install',
    'isthmus-agent',
    "/home/ada's charts/isthmus-agent",
    '--reset-then-reuse-values',
    '--namespace',
    'isthmus-system',
    '--create-namespace',
    '--set-string',
    'hub.address=[2001:db8::1]:443',
    '--set-string',
    'joinToken=isthmus_join_00_a-b_c',
    '--set-string',
    'hub.caBundle=LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUIKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=',
  ]);
});

it('takes the join token from the shell where there is none yet', () => {
  const words = wordsOf(helmCommand(chart, joinTokenVariable), {
    ISTHMUS_JOIN_TOKEN: 'isthmus_join_00_a-b_c',
  });
  expect(words).toEqual(wordsOf(helmCommand(chart, 'isthmus_join_00_a-b_c')));
});

it('names the version of the chart where there is one', () => {
  const chartVersion = '0.2.0';
  const remote = { ...chart, chart: 'oci://registry.example.com/charts/isthmus-agent' };
  const words = wordsOf(helmCommand({ ...remote, chartVersion }, 'isthmus_join_00_a-b_c'));
  expect(words.slice(0, 7)).toEqual([
    ...['upgrade', '--install', 'isthmus-agent', remote.chart, '--version', '0.2.0'],
    '--reset-then-reuse-values',
  ]);
});
