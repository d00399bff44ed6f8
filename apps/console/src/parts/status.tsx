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

/**
 * A state: an icon, a colour and, since neither tells everybody, a word. Plain elements: a list
 * shows hundreds of them.
 */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  const Icon = icons[tone];
  return (
    <span className="status">
      <Icon
        size={16}
        color={`var(--isthmus-${tone})`}
        className={tone === 'busy' ? 'turning' : undefined}
        aria-hidden
      />
      <span>{children}</span>
    </span>
  );
}
