import { Alert, Anchor, Button, Group, List, Loader, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { AdoptInventoryMutation } from '../../api/generated/graphql.js';
import { graphql, useApi, useDo, useMay } from '../../api/index.js';
import { counted, ErrorNote, Panel, RoleNote, sentence } from '../../parts/index.js';
import type { TabProps } from './tab.js';

const ClusterInventory = graphql(`
  query ClusterInventory($id: ID!) {
    cluster(id: $id) {
      inventory {
        objects
        pending
        leftOut
      }
    }
  }
`);

const RequestInventory = graphql(`
  mutation RequestInventory($input: RequestInventoryInput!) {
    requestInventory(input: $input) {
      cluster {
        id
      }
    }
  }
`);

const AdoptInventory = graphql(`
  mutation AdoptInventory($input: AdoptInventoryInput!) {
    adoptInventory(input: $input) {
      release {
        number
        objectCount
      }
      warnings {
        code
        message
        object
      }
    }
  }
`);

type Adopted = AdoptInventoryMutation['adoptInventory'];

/** Takes over what a cluster has already of the kinds that a release can hold. */
export default function InventoryTab({ cluster, meshId }: TabProps) {
  const { data, error } = useApi(ClusterInventory, { id: cluster.id });
  const ask = useDo(RequestInventory);
  const adopt = useDo(AdoptInventory);
  const may = useMay('OPERATOR');
  const [message, setMessage] = useState('');
  const [adopted, setAdopted] = useState<Adopted>();
  const inventory = data?.cluster.inventory;
  const isAnswered = inventory !== null && inventory !== undefined && !inventory.pending;
  const request = (): void => {
    setAdopted(undefined);
    ask.mutate({ input: { clusterId: cluster.id } });
  };
  return (
    <Stack maw={760}>
      <Panel title="What the cluster has already">
        <Stack gap="sm">
          <Text size="sm">
            Istio’s and the Gateway API’s objects that somebody made in {cluster.name} can become
            part of a release. Asking only reads: nothing in the cluster is touched. Adopting makes
            a release for {cluster.name} alone, and rolls out nothing; rolled out later, the objects
            stay as they are, and belong to the release from then on.
          </Text>
          <ErrorNote error={error ?? ask.error} />
          {inventory?.pending && (
            <Group gap="xs" role="status">
              <Loader size="xs" aria-hidden />
              <Text size="sm">
                {cluster.status === 'CONNECTED'
                  ? 'Its agent is reading the cluster.'
                  : 'It was asked. Its agent answers when it is connected.'}
              </Text>
            </Group>
          )}
          {isAnswered && (
            <Text size="sm" role="status">
              {inventory.objects === 0
                ? 'It has nothing that no release holds.'
                : `It has ${counted(inventory.objects, 'object')} that no release holds.`}
            </Text>
          )}
          {isAnswered && inventory.leftOut.length > 0 && (
            <div>
              <Text size="sm">Left out, as too large or too many:</Text>
              <List size="sm">
                {inventory.leftOut.map((name) => (
                  <List.Item key={name}>{name}</List.Item>
                ))}
              </List>
            </div>
          )}
          <RoleNote needs="OPERATOR" what="Asking for the inventory" />
          <Group>
            <Button
              variant={isAnswered ? 'default' : 'filled'}
              onClick={request}
              loading={ask.isPending}
              disabled={!may || cluster.status === 'REMOVED'}
            >
              {inventory ? 'Ask again' : 'Ask what it has'}
            </Button>
          </Group>
        </Stack>
      </Panel>
      {isAnswered && inventory.objects > 0 && may && (
        <Panel title="Adopt it">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              adopt.mutate(
                { input: { clusterId: cluster.id, message } },
                { onSuccess: ({ adoptInventory }) => setAdopted(adoptInventory) },
              );
            }}
          >
            <Stack gap="sm">
              <TextInput
                label="Message"
                description="Why, for the history"
                required
                value={message}
                onChange={(event) => setMessage(event.currentTarget.value)}
              />
              <ErrorNote error={adopt.error} />
              <Group>
                <Button type="submit" loading={adopt.isPending} disabled={message.trim() === ''}>
                  Make a release of it
                </Button>
              </Group>
            </Stack>
          </form>
        </Panel>
      )}
      {adopted && <Outcome of={adopted} meshId={meshId} />}
    </Stack>
  );
}

function Outcome({
  of: { release, warnings },
  meshId,
}: {
  readonly of: Adopted;
  readonly meshId: string;
}) {
  return (
    <Alert color="green" variant="light" title={`Release ${release.number} is made`} role="status">
      <Stack gap="xs">
        <Text size="sm">
          It holds {counted(release.objectCount, 'object')}, and is not rolled out yet.{' '}
          <Anchor
            component={Link}
            to={`/meshes/${meshId}/configuration/releases/${release.number}`}
            inherit
            underline="always"
          >
            See it, and roll it out
          </Anchor>
        </Text>
        {warnings.length > 0 && (
          <List size="sm">
            {warnings.map(({ code, object, message }) => (
              <List.Item key={`${code} ${object} ${message}`}>
                {object && `${object}: `}
                {sentence(message)}
              </List.Item>
            ))}
          </List>
        )}
      </Stack>
    </Alert>
  );
}
