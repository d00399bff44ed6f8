import { Button, Group, Modal, Text } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { useBlocker } from 'react-router';

interface LeaveGuardProps {
  /** Whether something would be lost. */
  readonly isOn: boolean;
  /** The question: `Leave the editor?` */
  readonly title: string;
  /** What would be lost. */
  readonly children: ReactNode;
  /** Whether nothing is lost by going there; false unless said. */
  keeps?(pathname: string): boolean;
}

/** Asks before somebody leaves what the browser does not keep. */
export function LeaveGuard({ isOn, title, children, keeps = () => false }: LeaveGuardProps) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isOn && currentLocation.pathname !== nextLocation.pathname && !keeps(nextLocation.pathname),
  );
  useEffect(() => {
    if (!isOn) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [isOn]);
  return (
    <Modal
      opened={blocker.state === 'blocked'}
      onClose={() => blocker.reset?.()}
      title={title}
      centered
    >
      <Text size="sm" mb="md">
        {children}
      </Text>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={() => blocker.reset?.()}>
          Stay
        </Button>
        <Button onClick={() => blocker.proceed?.()}>Leave</Button>
      </Group>
    </Modal>
  );
}
