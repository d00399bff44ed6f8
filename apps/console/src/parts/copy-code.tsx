import { Button, Code, CopyButton, Group, Stack } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

interface CopyCodeProps {
  readonly code: string;
  /** What it is, for who cannot see it: `Helm command`. */
  readonly label: string;
}

/** Text to be taken somewhere else. */
export function CopyCode({ code, label }: CopyCodeProps) {
  return (
    <Stack gap="xs">
      <Code block className="code wrap" tabIndex={0} role="group" aria-label={label}>
        {code}
      </Code>
      <Group>
        <CopyButton value={code} timeout={3000}>
          {({ copied, copy }) => (
            <Button
              size="xs"
              variant="default"
              onClick={copy}
              leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            >
              {copied ? 'Copied' : `Copy the ${label}`}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Stack>
  );
}
