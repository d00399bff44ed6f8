import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';

/** In place of a page whose cluster is not here yet. */
export function Loading() {
  return (
    <Stack role="status" aria-label="The cluster is loading">
      <VisuallyHidden component="h1">Cluster</VisuallyHidden>
      <Skeleton height={36} maw={320} />
      <Skeleton height={180} />
      <Skeleton height={180} />
    </Stack>
  );
}
