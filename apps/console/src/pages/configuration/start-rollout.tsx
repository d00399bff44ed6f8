import { Alert, Button, Checkbox, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { graphql, useDo } from '../../api/index.js';
import { ErrorNote, positionOf } from '../../parts/index.js';
import { PolicyChoiceFields, usePolicyChoice } from './policy-choice.js';
import { useHead } from './use-head.js';

export const StartRollout = graphql(`
  mutation StartRollout($input: StartRolloutInput!) {
    startRollout(input: $input) {
      rollout {
        id
      }
    }
  }
`);

interface StartRolloutProps {
  readonly release: { readonly id: string; readonly number: number };
  readonly isDisabled?: boolean;
}

/** A button that rolls a release out, or back to it: says what will happen, and asks how. */
export function StartRolloutButton({ release, isDisabled = false }: StartRolloutProps) {
  const { configuration } = useHead();
  const [isOpen, { open, close }] = useDisclosure(false);
  const current = configuration?.currentRelease?.number;
  const isBack = current !== undefined && release.number < current;
  const label = isBack ? `Roll back to ${release.number}…` : 'Roll out…';
  const title = isBack
    ? `Roll back to release ${release.number}?`
    : `Roll out release ${release.number}?`;
  return (
    <>
      <Button onClick={open} disabled={isDisabled}>
        {label}
      </Button>
      <Modal opened={isOpen} onClose={close} title={title} size="lg">
        <StartForm release={release} isBack={isBack} onCancel={close} />
      </Modal>
    </>
  );
}

interface StartFormProps {
  readonly release: StartRolloutProps['release'];
  readonly isBack: boolean;
  onCancel(): void;
}

function StartForm({ release, isBack, onCancel }: StartFormProps) {
  const { meshId, configuration, open } = useHead();
  const navigate = useNavigate();
  const start = useDo(StartRollout);
  const choice = usePolicyChoice();
  const [message, setMessage] = useState('');
  // Who goes back wants it now; who goes on has time.
  const [isSuperseding, setSuperseding] = useState(isBack);
  const [isThere, setThere] = useState(false);
  const current = configuration?.currentRelease;
  const run = async (): Promise<void> => {
    const data = await start
      .mutateAsync({
        input: {
          meshId,
          releaseId: release.id,
          message: message.trim() === '' ? undefined : message.trim(),
          policy: choice.input,
          supersede: open.length > 0 && isSuperseding,
        },
      })
      .catch(() => undefined);
    const rollout = data?.startRollout.rollout;
    if (rollout) navigate(`/meshes/${meshId}/rollouts/${rollout.id}`);
    else if (data) setThere(true);
  };
  const [first] = open;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <Stack gap="md">
        <Text size="sm">
          Every cluster will run release {release.number}, wave after wave
          {current ? `, in place of release ${current.number}` : ''}. It is tried by dry runs before
          anything is written. What release {release.number} does not hold is deleted in the
          clusters
          {isBack ? ': that is what later releases brought' : ''}.
        </Text>
        {first && (
          <Checkbox
            label="Abort what is under way or waits, and begin at once"
            description={`Release ${first.release.number}: ${positionOf(first)}${open.length > 1 ? `, and ${open.length - 1} more` : ''}. Otherwise this one waits for its turn. Clusters that have a release keep it until this one comes to them.`}
            checked={isSuperseding}
            onChange={({ currentTarget }) => setSuperseding(currentTarget.checked)}
          />
        )}
        <TextInput
          label="Why"
          description={`For the history; the message of release ${release.number} unless said`}
          value={message}
          onChange={({ currentTarget }) => setMessage(currentTarget.value)}
        />
        {configuration && <PolicyChoiceFields of={choice} policy={configuration.rolloutPolicy} />}
        {isThere && (
          <Alert color="strait" title="Nothing to do" role="status">
            Every cluster runs release {release.number} already.
          </Alert>
        )}
        <ErrorNote error={start.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={start.isPending} disabled={!choice.isValid}>
            {isBack ? `Roll back to ${release.number}` : `Roll out ${release.number}`}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
