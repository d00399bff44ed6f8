import { Anchor, Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';

interface PageHeadProps {
  readonly title: ReactNode;
  /** One line below it. */
  readonly about?: ReactNode;
  /** What the page lies below: label and address. */
  readonly above?: readonly (readonly [label: string, to: string])[];
  /** What can be done here. */
  readonly children?: ReactNode;
}

/** The head of every page: where it is, what it is, what can be done. */
export function PageHead({ title, about, above = [], children }: PageHeadProps) {
  return (
    <Stack gap={4} mb="lg">
      {above.length > 0 && (
        <Breadcrumbs separator="/" component="nav" aria-label="Breadcrumbs">
          {above.map(([label, to]) => (
            <Anchor key={to} component={Link} to={to} size="sm">
              {label}
            </Anchor>
          ))}
        </Breadcrumbs>
      )}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={4} miw={0} maw="100%">
          <Title order={1} className="break">
            {title}
          </Title>
          {about !== undefined && (
            <Text c="dimmed" size="sm" maw={760} component="div">
              {about}
            </Text>
          )}
        </Stack>
        {children && <Group gap="xs">{children}</Group>}
      </Group>
    </Stack>
  );
}
