import { Alert, type AlertProps, Code, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ApiError } from '../api/index.js';

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

/** What is written small wherever it stands. */
const nameFirst = /^(istiod|kubectl|helm|[a-z]+[-./_][\w])/;

/** The API's messages begin small and end without a stop. */
export function sentence(text: string): string {
  const begun = nameFirst.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
