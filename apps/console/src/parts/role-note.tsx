import { Group, Text } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { type Role, useMay, useSession } from '../api/index.js';

interface RoleNoteProps {
  /** The least role that may. */
  readonly needs: Role;
  /** What it may, at the beginning of the sentence: `Making API tokens`. */
  readonly what: string;
}

/** Why something is not to be done here; nothing for those who may do it. */
export function RoleNote({ needs, what }: RoleNoteProps) {
  const { organization } = useSession();
  if (useMay(needs)) return null;
  return (
    <Group gap={6} wrap="nowrap" align="flex-start" className="role-note">
      <IconLock size={16} aria-hidden style={{ flex: 'none', marginTop: 2 }} />
      <Text size="sm" c="dimmed">
        {what} needs the role {roleInWords(needs)}, and yours is{' '}
        {roleInWords(organization.viewerRole)}. Ask an owner of the organization.
      </Text>
    </Group>
  );
}

export function roleInWords(role: Role): string {
  return role.toLowerCase();
}
