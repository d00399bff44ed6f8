import { ActionIcon, Code, CopyButton, Group } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

interface CopyTextProps {
  readonly text: string;
  /** What it is, for who cannot see it: `mesh id`. */
  readonly label: string;
}

/** A short text within others, to be taken somewhere else. */
export function CopyText({ text, label }: CopyTextProps) {
  return (
    <Group gap={4} wrap="nowrap" component="span" display="inline-flex" maw="100%">
      <Code className="code break">{text}</Code>
      <CopyButton value={text} timeout={3000}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            onClick={copy}
            aria-label={copied ? `Copied the ${label}` : `Copy the ${label}`}
            title={copied ? 'Copied' : `Copy the ${label}`}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        )}
      </CopyButton>
    </Group>
  );
}
