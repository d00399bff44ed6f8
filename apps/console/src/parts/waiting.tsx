import { Group, Loader, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** In place of what is not here yet: `Reading the files`. */
export function Waiting({ children }: { readonly children: ReactNode }) {
  return (
    <Group gap="xs" role="status">
      <Loader size="sm" aria-hidden />
      <Text size="sm" c="dimmed">
        {children}
      </Text>
    </Group>
  );
}
