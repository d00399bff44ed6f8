import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { helmCommand } from './helm-command.js';

it('is one line, of which a shell makes the words that were meant', () => {
  const command = helmCommand({
    chart: "/home/ada's charts/isthmus-agent",
    hubAddress: '[2001:db8::1]:443',
    hubCa: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    joinToken: 'isthmus_join_00_a-b_c',
  });
  expect(command).not.toContain('\n');
  const words = execFileSync('sh', ['-c', command.replace(/^helm/, 'printf "%s\\n"')], {
    encoding: 'utf8',
  });
  expect(words.trim().split('\n')).toEqual([
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
