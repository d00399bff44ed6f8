import { Alert, Stack, Text } from '@mantine/core';
import { IconEyeOff } from '@tabler/icons-react';
import { CopyCode, Panel } from '../../parts/index.js';

/** A secret that is shown once, and what it is for. */
export function Secret({ secret, note }: { readonly secret: string; readonly note?: string }) {
  return (
    <Stack>
      <Alert
        color="orange"
        variant="light"
        icon={<IconEyeOff />}
        title="Take the secret now"
        role="status"
      >
        <Text size="sm">
          It is shown this once. Receivers check with it that a delivery is ours: the signature is
          that of Standard Webhooks, for which most languages have a library. {note}
        </Text>
      </Alert>
      <Panel title="Secret">
        <CopyCode code={secret} label="secret" />
      </Panel>
    </Stack>
  );
}
