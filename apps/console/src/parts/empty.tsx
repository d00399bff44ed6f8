import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface EmptyProps {
  /** What is not there. */
  readonly title: string;
  /** Why, and what to do next. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

/** In place of a list of nothing. */
export function Empty({ title, children, action }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" ta="center">
      <Text fw={600}>{title}</Text>
      <Text c="dimmed" size="sm" maw={520} component="div">
        {children}
      </Text>
      {action}
    </Stack>
  );
}
