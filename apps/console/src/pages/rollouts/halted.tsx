import { Alert, Anchor, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Rollout } from './queries.js';

/** Why a rollout stopped by itself, and the ways on. */
export function Halted({
  rollout,
  meshId,
}: {
  readonly rollout: Rollout;
  readonly meshId: string;
}) {
  const { reason, detail, from } = rollout;
  return (
    <Alert
      color="red"
      icon={<IconAlertTriangle />}
      title={`It halted: ${reason ?? 'for an unknown reason'}`}
      role="alert"
    >
      <Stack gap="xs">
        <Text size="sm" className="break">
          {detail}
        </Text>
        <Text size="sm" component="div">
          What to do:
          <ul className="ways">
            <li>
              Where the release is wrong:{' '}
              <Anchor
                component={Link}
                to={`/meshes/${meshId}/configuration/edit`}
                size="sm"
                underline="always"
              >
                mend it
              </Anchor>{' '}
              and release anew; abort this rollout, or the new one waits behind it.
            </li>
            <li>
              Where the cluster was wrong (an admission policy, a webhook): mend that and resume.
              What was refused is tried once more.
            </li>
            <li>
              {from
                ? `To have back what the clusters had: roll back to release ${from.number}.`
                : 'To leave it as it is: abort. Clusters that have the release keep it.'}
            </li>
          </ul>
          {reason === 'TrialRefused'
            ? 'Nothing was written: it was a dry run.'
            : 'What was stored before stays where the new object was refused.'}
        </Text>
      </Stack>
    </Alert>
  );
}
