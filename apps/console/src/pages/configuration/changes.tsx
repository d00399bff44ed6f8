import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { ObjectChangeType } from '../../api/generated/graphql.js';
import { Diff } from '../../parts/index.js';
import { partsOf } from './names.js';

interface Change {
  readonly name: string;
  readonly change: ObjectChangeType;
  readonly diff: string;
}

const words: Readonly<Record<ObjectChangeType, readonly [string, string]>> = {
  ADDED: ['Added', 'ok'],
  CHANGED: ['Changed', 'busy'],
  REMOVED: ['Removed', 'bad'],
};
/** So many are shown at once, and so many stand open. */
const pageOf = 100;
const openOf = 3;

/** What becomes of objects, each with its diff. */
export function Changes({ changes }: { readonly changes: readonly Change[] }) {
  const [most, setMost] = useState(pageOf);
  return (
    <Stack gap={6}>
      {changes.slice(0, most).map(({ name, change, diff }) => {
        const { kind, of } = partsOf(name);
        const [word, tone] = words[change];
        return (
          <Fold
            key={name}
            isOpen={changes.length <= openOf}
            title={
              <>
                <span className={`change-word change-${tone}`}>{word}</span>
                <Text component="span" size="sm" className="break">
                  <b>{kind}</b> {of}
                </Text>
              </>
            }
          >
            <Diff diff={diff} label={`Changes of ${kind} ${of}`} />
          </Fold>
        );
      })}
      {changes.length > most && (
        <Button variant="default" onClick={() => setMost(most + pageOf)}>
          Show more of {changes.length}
        </Button>
      )}
    </Stack>
  );
}

interface FoldProps {
  readonly title: React.ReactNode;
  readonly isOpen?: boolean;
  readonly children: React.ReactNode;
}

/** A line that opens; what is in it is made when it does. */
export function Fold({ title, isOpen = false, children }: FoldProps) {
  const [hasOpened, setOpened] = useState(isOpen);
  return (
    <details
      className="fold"
      open={isOpen}
      onToggle={({ currentTarget }) => currentTarget.open && setOpened(true)}
    >
      <summary>{title}</summary>
      {hasOpened && <div className="fold-inside">{children}</div>}
    </details>
  );
}
