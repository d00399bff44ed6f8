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

interface ToneIconProps {
  readonly tone: Tone;
  /** In pixels. */
  readonly size: number;
  readonly className?: string | undefined;
}

/** The icon of a tone, in its colour; a word goes with it, since it is not read out. */
export function ToneIcon({ tone, size, className }: ToneIconProps) {
  const Icon = icons[tone];
  return <Icon size={size} color={`var(--isthmus-${tone})`} className={className} aria-hidden />;
}

/**
 * A state: an icon, a colour and, since neither tells everybody, a word. Plain elements: a list
 * shows hundreds of them.
 */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className="status">
      <ToneIcon tone={tone} size={16} className={tone === 'busy' ? 'turning' : undefined} />
      <span>{children}</span>
    </span>
  );
}
