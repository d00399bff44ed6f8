import { Group, Paper, type PaperProps, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';

interface PanelProps extends PaperProps {
  readonly title?: string;
  /** Beside the title. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a page, with a heading of its own. */
export function Panel({ title, actions, children, ...rest }: PanelProps) {
  const id = useId();
  return (
    <Paper
      withBorder
      p="md"
      bg="var(--isthmus-surface)"
      component="section"
      aria-labelledby={title ? id : undefined}
      {...rest}
    >
      {title && (
        <Group justify="space-between" mb="sm" gap="xs">
          <Title order={2} id={id}>
            {title}
          </Title>
          {actions}
        </Group>
      )}
      {children}
    </Paper>
  );
}
