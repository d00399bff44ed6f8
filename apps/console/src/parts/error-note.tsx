import { Alert, type AlertProps, Code, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ApiError } from '../api/index.js';
import { sentence } from './words.js';

interface ErrorNoteProps extends Omit<AlertProps, 'title' | 'children'> {
  /** Nothing is shown without one. */
  readonly error: Error | null | undefined;
  readonly children?: ReactNode;
}

/** What went wrong, in the API's words, with its code to ask about and search for. */
export function ErrorNote({ error, children, ...rest }: ErrorNoteProps) {
  if (!error) return null;
  const code = error instanceof ApiError ? error.code : 'CONSOLE';
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} role="alert" {...rest}>
      <Text size="sm">
        {sentence(error.message)} <Code className="code">{code}</Code>
      </Text>
      {children}
    </Alert>
  );
}
