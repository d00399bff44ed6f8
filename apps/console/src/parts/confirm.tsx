import { Button, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, type ReactNode, Suspense, useRef } from 'react';

const ConfirmDialog = lazy(() => import('./confirm-dialog.js'));

export interface ConfirmProps extends Omit<ButtonProps, 'children'> {
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
  const { label, title, children, confirmLabel, typed, isDestructive, onConfirm, ...rest } = props;
  const trigger = useRef<HTMLButtonElement>(null);
  const [isOpen, { open, close }] = useDisclosure(false, {
    onClose: () => trigger.current?.focus(),
  });
  const dialog = { title, children, confirmLabel, typed, isDestructive, onConfirm };
  return (
    <>
      <Button variant="default" onClick={open} ref={trigger} {...rest}>
        {label}
      </Button>
      {isOpen && (
        <Suspense>
          <ConfirmDialog {...dialog} onClose={close} />
        </Suspense>
      )}
    </>
  );
}
