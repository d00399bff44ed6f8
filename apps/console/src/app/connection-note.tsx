import { Alert, Text } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useConnection } from '../api/index.js';
import { Time } from '../parts/time.js';

/** Says so while nothing comes: what is shown is old then, and nobody shall take it for new. */
export function ConnectionNote() {
  const connection = useConnection();
  return (
    <div role="status" aria-live="polite">
      {connection.state === 'lost' && (
        <Alert
          radius={0}
          color="orange"
          variant="light"
          py="xs"
          icon={<IconPlugConnectedX />}
          title="Connection lost"
        >
          <Text size="sm">
            What you see is as it was <Time at={connection.since} />. It is tried again by itself;
            your clusters go on meanwhile.
          </Text>
        </Alert>
      )}
    </div>
  );
}
