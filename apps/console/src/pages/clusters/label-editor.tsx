import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertTriangle, IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import { graphql, useDo, useMay } from '../../api/index.js';
import { ErrorNote, sentence } from '../../parts/index.js';
import { readLabels, writeLabels } from './labels.js';
import type { ClusterNode } from './queries.js';

const SetClusterLabels = graphql(`
  mutation SetClusterLabels($input: SetClusterLabelsInput!) {
    setClusterLabels(input: $input) {
      cluster {
        id
        labels {
          key
          value
        }
      }
    }
  }
`);

/** A button that opens the labels to be changed. */
export function LabelEditor({ cluster }: { readonly cluster: ClusterNode }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const [text, setText] = useState('');
  const set = useDo(SetClusterLabels);
  const may = useMay('OPERATOR');
  if (!may || cluster.status === 'REMOVED') return null;
  const isInvalid = set.error?.code === 'INVALID_ARGUMENT';
  const start = (): void => {
    setText(writeLabels(cluster.labels));
    set.reset();
    open();
  };
  const submit = (): void => {
    const input = { clusterId: cluster.id, labels: readLabels(text) };
    set.mutate({ input }, { onSuccess: close });
  };
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconPencil size={14} aria-hidden />}
        onClick={start}
      >
        Change labels
      </Button>
      <Modal
        opened={isOpen}
        // What is under way is waited for: its error would be told to nobody.
        onClose={() => set.isPending || close()}
        title={`Labels of ${cluster.name}`}
        centered
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <Stack>
            <Alert color="orange" variant="light" icon={<IconAlertTriangle />}>
              <Text size="sm">
                Selectors act at once: configuration that selects clusters by labels is written into{' '}
                {cluster.name}, or taken out of it, as soon as they change.
              </Text>
            </Alert>
            <Textarea
              label="Labels"
              description="One a line, such as env=prod"
              autosize
              minRows={4}
              maxRows={16}
              data-autofocus
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              error={isInvalid && set.error ? sentence(set.error.message) : undefined}
            />
            <ErrorNote error={isInvalid ? null : set.error} />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={close} disabled={set.isPending}>
                Cancel
              </Button>
              <Button type="submit" loading={set.isPending}>
                Set the labels
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
