import { Group, Text } from '@mantine/core';
import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconLoader2,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** How well something is. */
export type Tone = 'ok' | 'busy' | 'warn' | 'bad' | 'idle';

const icons = {
  ok: IconCircleCheckFilled,
  busy: IconLoader2,
  warn: IconAlertTriangleFilled,
  bad: IconCircleXFilled,
  idle: IconCircleDashed,
};

/** A state: an icon, a colour and, since neither tells everybody, a word. */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  const Icon = icons[tone];
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex" className="status">
      <Icon
        size={16}
        color={`var(--isthmus-${tone})`}
        className={tone === 'busy' ? 'turning' : undefined}
        style={{ flex: 'none' }}
        aria-hidden
      />
      <Text component="span" size="sm" inherit>
        {children}
      </Text>
    </Group>
  );
}
