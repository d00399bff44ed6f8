import { Anchor, Button, Center, Loader, Stack, Text, Title } from '@mantine/core';
import { isRouteErrorResponse, Link, useRouteError } from 'react-router';

export function Waiting() {
  return (
    <Center mih="60vh">
      <Loader aria-label="Loading" />
    </Center>
  );
}

export function Missing() {
  return (
    <Stack align="flex-start" gap="xs" py="xl">
      <Title order={1}>There is no such page</Title>
      <Text c="dimmed">The address may be mistyped, or what it showed is gone.</Text>
      <Anchor component={Link} to="/">
        To your meshes
      </Anchor>
    </Stack>
  );
}

/** Of a page that failed to show, or to load: a new version may have taken its files away. */
export function Broken() {
  const error = useRouteError();
  const message = isRouteErrorResponse(error)
    ? error.statusText
    : error instanceof Error
      ? error.message
      : String(error);
  return (
    <Stack align="flex-start" gap="sm" p="xl" role="alert">
      <Title order={1}>This page broke</Title>
      <Text c="dimmed">{message}</Text>
      <Button onClick={() => location.reload()}>Load it again</Button>
    </Stack>
  );
}
