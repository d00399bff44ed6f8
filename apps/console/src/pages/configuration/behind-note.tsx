import { Alert, Anchor, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { request } from '../../api/index.js';
import { ErrorNote } from '../../parts/index.js';
import { moveDraft } from './draft.js';
import { ReleaseFolder } from './queries.js';
import type { useDraft } from './use-draft.js';

/** Says that the mesh is headed elsewhere than when the draft was begun, and what can be done. */
export function BehindNote({ of }: { readonly of: ReturnType<typeof useDraft> }) {
  const { meshId, draft, base, head, isBehind, set } = of;
  const [conflicts, setConflicts] = useState<readonly string[]>([]);
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  if (!isBehind || !head) {
    if (conflicts.length === 0) return null;
    return (
      <Alert
        color="orange"
        title="Changed in both"
        withCloseButton
        closeButtonLabel="Close"
        onClose={() => setConflicts([])}
      >
        Your text stands in {conflicts.join(', ')}; what the other release changed there is not in
        it. See the changes below.
      </Alert>
    );
  }
  const move = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { node } = await request(ReleaseFolder, { id: head.id });
      const after = node && 'files' in node ? node.files : [];
      const moved = moveDraft(draft, base, after, head);
      setConflicts(moved.conflicts);
      set(moved.draft);
    } catch (problem) {
      setError(problem as Error);
    } finally {
      setBusy(false);
    }
  };
  const from = draft.base ? `release ${draft.base.number}` : 'nothing';
  return (
    <Alert color="orange" title={`The mesh is headed for release ${head.number} now`}>
      <Text size="sm">
        Your draft was begun from {from}. Released as it is, it takes back what release{' '}
        {head.number} changed.
      </Text>
      <ErrorNote error={error} />
      <Group gap="md" mt="xs">
        <Button size="xs" onClick={move} loading={isBusy}>
          Bring the draft onto release {head.number}
        </Button>
        <Anchor
          component={Link}
          size="sm"
          to={`/meshes/${meshId}/configuration/releases/${head.number}${draft.base ? `?from=${draft.base.number}` : ''}`}
        >
          Compare the two releases
        </Anchor>
      </Group>
    </Alert>
  );
}
