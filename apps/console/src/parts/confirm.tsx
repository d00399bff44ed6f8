import { Button, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, type ReactNode, Suspense, useRef } from 'react';
import type { ConfirmDialogProps } from './confirm-dialog.js';

const ConfirmDialog = lazy(() => import('./confirm-dialog.js'));

interface ConfirmProps extends Omit<ButtonProps, 'children'>, Omit<ConfirmDialogProps, 'onClose'> {
  /** On the button that opens it: `Remove`. */
  readonly label: ReactNode;
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
