import { Group, Text } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useConnection } from '../api/index.js';
import { Time } from '../parts/time.js';

/** Says so while nothing comes: what is shown is old then, and nobody shall take it for new. */
export function ConnectionNote() {
  const connection = useConnection();
  return (
    <div role="status" aria-live="polite">
      {connection.state === 'lost' && (
        <Group className="connection-note" gap="sm" wrap="nowrap" mb="md">
          <IconPlugConnectedX size={20} color="var(--isthmus-warn)" aria-hidden />
          <Text size="sm">
            <b>Connection lost.</b> What you see is as it was <Time at={connection.since} />. It is
            tried again by itself; your clusters go on meanwhile.
          </Text>
        </Group>
      )}
    </div>
  );
}
