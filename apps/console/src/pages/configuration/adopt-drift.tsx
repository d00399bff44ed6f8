import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { graphql, useDo } from '../../api/index.js';
import { counted, ErrorNote, Panel } from '../../parts/index.js';

const AdoptDriftOf = graphql(`
  mutation AdoptDrift($input: AdoptDriftInput!) {
    adoptDrift(input: $input) {
      release {
        id
        number
      }
    }
  }
`);

/** An object that has drifted, and where. */
interface Chosen {
  readonly cluster: { readonly id: string; readonly name: string };
  readonly drift: { readonly name: string };
}

interface AdoptDriftProps {
  readonly meshId: string;
  readonly chosen: readonly Chosen[];
  onDone(): void;
}

/** Makes a release of what was found in one cluster. */
export function AdoptDrift({ meshId, chosen, onDone }: AdoptDriftProps) {
  const adopt = useDo(AdoptDriftOf);
  const navigate = useNavigate();
  const [message, setMessage] = useState('');
  const clusters = [...new Set(chosen.map(({ cluster }) => cluster))];
  const [cluster] = clusters;
  const isOne = clusters.length === 1;
  return (
    <Panel title={`Adopt ${counted(chosen.length, 'object')}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!cluster) return;
          const names = chosen.map(({ drift }) => drift.name);
          adopt.mutate(
            { input: { clusterId: cluster.id, names, message: message.trim() } },
            {
              onSuccess: ({ adoptDrift }) => {
                onDone();
                navigate(
                  `/meshes/${meshId}/configuration/releases/${adoptDrift.release.number}?tab=preview`,
                );
              },
            },
          );
        }}
      >
        <Stack gap="sm">
          <Text size="sm">
            It makes a release of what the mesh is headed for, with these objects as they were found
            in {isOne ? cluster?.name : 'the cluster'}. It is not rolled out yet: its preview is
            next.
          </Text>
          {!isOne && (
            <Alert color="orange" title="Objects of several clusters">
              Select those of one cluster: the same object may have drifted in another way in each.
            </Alert>
          )}
          <TextInput
            label="Why"
            description="For the history"
            required
            value={message}
            onChange={({ currentTarget }) => setMessage(currentTarget.value)}
          />
          <ErrorNote error={adopt.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onDone}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={adopt.isPending}
              disabled={!isOne || message.trim() === ''}
            >
              Make a release
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
