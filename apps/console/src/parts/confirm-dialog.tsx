import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { ErrorNote } from './error-note.js';

export interface ConfirmDialogProps {
  /** The question: `Remove cluster west?` */
  readonly title: string;
  /** What will happen. */
  readonly children: ReactNode;
  /** On the button that does it: `Remove west`. */
  readonly confirmLabel: string;
  /** What must be typed first, for what cannot be undone. */
  readonly typed?: string | undefined;
  /** Whether it takes something away; true unless said. */
  readonly isDestructive?: boolean | undefined;
  onConfirm(): Promise<unknown>;
  onClose(): void;
}

/** Of `Confirm`, which brings it once it is needed. */
export default function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, confirmLabel, typed, isDestructive = true, onConfirm, onClose } = props;
  const [text, setText] = useState('');
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (problem) {
      setError(problem as Error);
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      // What is under way is waited for: its error would be told to nobody.
      onClose={() => isBusy || onClose()}
      title={title}
      centered
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          // To React a form around the button is around this one too.
          event.stopPropagation();
          void run();
        }}
      >
        <Stack gap="md">
          <div className="prose">{children}</div>
          {typed !== undefined && (
            <TextInput
              label={
                <>
                  Type <b>{typed}</b> to go on
                </>
              }
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              autoComplete="off"
            />
          )}
          <ErrorNote error={error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose} disabled={isBusy}>
              Cancel
            </Button>
            <Button
              type="submit"
              color={isDestructive ? 'red.9' : undefined}
              loading={isBusy}
              disabled={typed !== undefined && text !== typed}
            >
              {confirmLabel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
