import { Box, Center, Container, Group, Text } from '@mantine/core';
import { useEffect } from 'react';
import { Outlet, useMatches } from 'react-router';
import type { Page } from '../parts/page.js';
import { Logo } from './logo.js';
import { SchemeToggle } from './scheme-toggle.js';

/** Around what is shown to who has not signed in. */
export function StrangerFrame() {
  const page = useMatches().at(-1)?.handle as Page | undefined;
  useEffect(() => {
    document.title = [page?.title, 'Isthmus'].filter(Boolean).join(' · ');
  }, [page]);
  return (
    <Box mih="100dvh" bg="var(--isthmus-ground)">
      <Group justify="space-between" px="md" h={56} component="header">
        <Logo />
        <SchemeToggle />
      </Group>
      <Center component="main" px="md" pb="xl" pt={{ base: 'md', sm: 48 }}>
        <Container size={440} w="100%" p={0}>
          <Outlet />
          <Text size="sm" c="dimmed" ta="center" mt="lg">
            Your clusters, in any cloud or on premises, as one mesh.
          </Text>
        </Container>
      </Center>
    </Box>
  );
}
