import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Status, type Tone } from './status.js';

interface StageItemProps {
  readonly title: string;
  readonly standing: readonly [Tone, string];
  readonly about: string;
  /** Whether it is the one to look at. */
  readonly isNow: boolean;
  /** Whether it shows what is in it before somebody asks. */
  readonly isOpen: boolean;
  readonly children: ReactNode;
}

/** A wave, or another stage of something that goes through clusters, of an `ol.stages`. */
export function StageItem({ title, standing, about, isNow, isOpen, children }: StageItemProps) {
  const [tone, word] = standing;
  return (
    <li className={`toned toned-${tone}`} aria-current={isNow ? 'step' : undefined}>
      <details className="unfold" open={isOpen || undefined}>
        <summary>
          <Text component="span" fw={600} size="sm">
            {title}
          </Text>
          <Status tone={tone}>{word}</Status>
          <Text component="span" size="sm" c="dimmed">
            {about}
          </Text>
        </summary>
        {children}
      </details>
    </li>
  );
}
