import { Button, type ButtonProps, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { ErrorNote } from './error-note.js';

interface ConfirmProps extends Omit<ButtonProps, 'children'> {
  /** On the button that opens it: `Remove`. */
  readonly label: ReactNode;
  /** The question: `Remove cluster west?` */
  readonly title: string;
  /** What will happen. */
  readonly children: ReactNode;
  /** On the button that does it: `Remove west`. */
  readonly confirmLabel: string;
  /** What must be typed first, for what cannot be undone. */
  readonly typed?: string;
  /** Whether it takes something away; true unless said. */
  readonly isDestructive?: boolean;
  onConfirm(): Promise<unknown>;
}

/** A button for what needs a second thought: says what will happen, and does it then. */
export function Confirm(props: ConfirmProps) {
  const {
    label,
    title,
    children,
    confirmLabel,
    typed,
    isDestructive = true,
    onConfirm,
    ...rest
  } = props;
  const [isOpen, { open, close }] = useDisclosure(false);
  const [text, setText] = useState('');
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      close();
    } catch (problem) {
      setError(problem as Error);
    } finally {
      setBusy(false);
    }
  };
  const start = (): void => {
    setText('');
    setError(null);
    open();
  };
  return (
    <>
      <Button variant="default" onClick={start} {...rest}>
        {label}
      </Button>
      <Modal
        opened={isOpen}
        // What is under way is waited for: its error would be told to nobody.
        onClose={() => isBusy || close()}
        title={title}
        centered
        closeButtonProps={{ 'aria-label': 'Close' }}
        attributes={{ header: { role: 'presentation' } }}
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
              <Button variant="default" onClick={close} disabled={isBusy}>
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
    </>
  );
}
