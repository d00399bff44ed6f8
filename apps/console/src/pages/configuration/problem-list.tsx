import { Code, Stack, Text, UnstyledButton } from '@mantine/core';
import { Status } from '../../parts/index.js';
import type { BundleProblem } from './diagnostics.js';

interface ProblemListProps {
  readonly problems: readonly BundleProblem[];
  /** Makes each lead to its place. */
  onGo?(path: string, line: number): void;
}

/** What is wrong with a bundle, or looks wrong: where, why, and what to do. */
export function ProblemList({ problems, onGo }: ProblemListProps) {
  return (
    <Stack gap={0} component="ul" className="problems">
      {problems.map((problem, index) => {
        const { path, line, severity, message, remedy, code } = problem;
        const place = path ? `${path}${line ? `:${line}` : ''}` : 'the bundle';
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: two may say the same of one place
          <li key={index}>
            <Status tone={severity === 'ERROR' ? 'bad' : 'warn'}>
              {severity === 'ERROR' ? 'Error' : 'Warning'}
            </Status>
            <div>
              {path && onGo ? (
                <UnstyledButton className="place" onClick={() => onGo(path, line ?? 1)}>
                  {place}
                </UnstyledButton>
              ) : (
                <Text component="span" size="sm" className="place-text break">
                  {place}
                </Text>
              )}
              <Text size="sm" className="break">
                {message}
                {remedy !== '' && <Text component="span" c="dimmed" inherit>{`: ${remedy}`}</Text>}{' '}
                <Code className="code">{code}</Code>
              </Text>
            </div>
          </li>
        );
      })}
    </Stack>
  );
}
