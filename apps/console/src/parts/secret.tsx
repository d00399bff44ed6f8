import { Alert, Stack, Text } from '@mantine/core';
import { IconEyeOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { CopyCode } from './copy-code.js';
import { Panel } from './panel.js';

/** A secret that is shown once, and what is to be known of it. */
export function Secret({
  secret,
  children,
}: {
  readonly secret: string;
  readonly children: ReactNode;
}) {
  return (
    <Stack>
      <Alert
        color="orange"
        variant="light"
        icon={<IconEyeOff />}
        title="Take the secret now"
        role="status"
      >
        <Text size="sm">{children}</Text>
      </Alert>
      <Panel title="Secret">
        <CopyCode code={secret} label="secret" />
      </Panel>
    </Stack>
  );
}
