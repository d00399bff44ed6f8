import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { IconFilePlus } from '@tabler/icons-react';
import { useState } from 'react';
import { pathFault, type SourceFile } from './draft.js';

interface PathDialogProps {
  readonly label: string;
  readonly confirmLabel: string;
  readonly initial?: string;
  readonly files: readonly SourceFile[];
  onDone(path: string): void;
}

/** A button that asks for the path of a file, new or another one. */
export function PathDialog({ label, confirmLabel, initial = '', files, onDone }: PathDialogProps) {
  const [path, setPath] = useState<string>();
  const fault = path === undefined || path === initial ? undefined : pathFault(path, files);
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={initial === '' ? <IconFilePlus size={14} /> : undefined}
        onClick={() => setPath(initial)}
      >
        {label}
      </Button>
      <Modal opened={path !== undefined} onClose={() => setPath(undefined)} title={label}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (path === undefined || pathFault(path, files)) return;
            setPath(undefined);
            onDone(path);
          }}
        >
          <Stack>
            <TextInput
              label="Path"
              description="Relative, such as shop/routes.yaml"
              data-autofocus
              value={path ?? ''}
              error={fault}
              onChange={({ currentTarget }) => setPath(currentTarget.value)}
            />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={() => setPath(undefined)}>
                Cancel
              </Button>
              <Button
                type="submit"
                disabled={path === undefined || pathFault(path, files) !== undefined}
              >
                {confirmLabel}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
