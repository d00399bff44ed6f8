import { Alert, Button, Code, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from 'react-router';
import { graphql, useApi, useDo, useMay } from '../../api/index.js';
import {
  Confirm,
  Empty,
  ErrorNote,
  Facts,
  PageHead,
  Panel,
  RoleNote,
  Status,
  Time,
} from '../../parts/index.js';
import { Deliveries } from './deliveries.js';
import { UpdateWebhook } from './queries.js';
import { standingOf, typesInWords } from './standing.js';
import { WebhookSecret } from './webhook-secret.js';

const OneWebhook = graphql(`
  query OneWebhook($id: ID!) {
    node(id: $id) {
      ... on Webhook {
        id
        name
        url
        types
        disabledAt
        disabledReason
        failingSince
        previousUntil
        createdAt
        mesh {
          id
          name
        }
      }
    }
  }
`);

const RotateWebhookSecret = graphql(`
  mutation RotateWebhookSecret($input: RotateWebhookSecretInput!) {
    rotateWebhookSecret(input: $input) {
      webhook {
        id
        previousUntil
      }
      secret
    }
  }
`);

const TestWebhook = graphql(`
  mutation TestWebhook($input: TestWebhookInput!) {
    testWebhook(input: $input) {
      delivery {
        id
      }
    }
  }
`);

const DeleteWebhook = graphql(`
  mutation DeleteWebhook($input: DeleteWebhookInput!) {
    deleteWebhook(input: $input) {
      webhook {
        id
      }
    }
  }
`);

const above = [['Webhooks', '/webhooks']] as const;

export default function WebhookPage() {
  const { webhookId = '' } = useParams();
  const { data, error } = useApi(OneWebhook, { id: webhookId });
  const webhook = data?.node && 'url' in data.node ? data.node : undefined;
  const title = webhook ? `Webhook ${webhook.name}` : 'Webhook';
  return (
    <>
      <PageHead title={title} above={above}>
        {webhook && (
          <Actions id={webhook.id} name={webhook.name} isDisabled={webhook.disabledAt !== null} />
        )}
      </PageHead>
      <ErrorNote error={error} />
      {!data && !error && (
        <Skeleton height={240} role="status" aria-label="The webhook is loading" />
      )}
      {data && !webhook && (
        <Empty title="There is no such webhook">
          Somebody has deleted it. See <Link to="/webhooks">those there are</Link>.
        </Empty>
      )}
      {webhook && (
        <Stack>
          {webhook.disabledAt && (
            <Alert
              color="orange"
              variant="light"
              icon={<IconPlugConnectedX />}
              title="It is told nothing"
              role="status"
            >
              <Text size="sm">
                Disabled <Time at={webhook.disabledAt} />: {webhook.disabledReason}. What was on its
                way waits until it is enabled.
              </Text>
            </Alert>
          )}
          <Panel title="Settings">
            <Facts
              of={[
                [
                  'State',
                  <Standing
                    key="state"
                    disabledAt={webhook.disabledAt}
                    failingSince={webhook.failingSince}
                  />,
                ],
                [
                  'URL',
                  <Code key="url" className="code break">
                    {webhook.url}
                  </Code>,
                ],
                ['Mesh', webhook.mesh?.name ?? 'all'],
                ['Told of', typesInWords(webhook.types)],
                ['Made', <Time key="made" at={webhook.createdAt} />],
                ...(webhook.failingSince
                  ? ([['Failing', <Time key="failing" at={webhook.failingSince} />]] as const)
                  : []),
              ]}
            />
          </Panel>
          <Deliveries webhookId={webhook.id} />
        </Stack>
      )}
    </>
  );
}

function Standing(of: Parameters<typeof standingOf>[0]) {
  const [word, tone] = standingOf(of);
  return <Status tone={tone}>{word}</Status>;
}

interface ActionsProps {
  readonly id: string;
  readonly name: string;
  readonly isDisabled: boolean;
}

function Actions({ id, name, isDisabled }: ActionsProps) {
  const navigate = useNavigate();
  const mayChange = useMay('ADMIN');
  const test = useDo(TestWebhook);
  const update = useDo(UpdateWebhook);
  const rotate = useDo(RotateWebhookSecret);
  const remove = useDo(DeleteWebhook);
  if (!mayChange) return <RoleNote needs="ADMIN" what="Changing webhooks" />;
  const input = { id };
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs">
        <Button
          variant="default"
          loading={test.isPending}
          disabled={isDisabled}
          onClick={() => test.mutate({ input })}
        >
          Send a test
        </Button>
        <Button
          variant="default"
          loading={update.isPending}
          onClick={() => update.mutate({ input: { id, enabled: isDisabled } })}
        >
          {isDisabled ? 'Enable' : 'Disable'}
        </Button>
        <Confirm
          label="New secret"
          title={`A new secret for ${name}`}
          confirmLabel="Make a new secret"
          onConfirm={() => rotate.mutateAsync({ input })}
        >
          Deliveries are signed with the new secret and, for a day, with the one before as well, so
          that the receiver can change over.
        </Confirm>
        <Confirm
          label="Delete"
          title={`Delete ${name}`}
          confirmLabel={`Delete ${name}`}
          isDestructive
          onConfirm={() =>
            remove.mutateAsync({ input }).then(() => {
              void navigate('/webhooks');
            })
          }
        >
          Its receiver is told nothing any more, and what became of its deliveries is forgotten.
        </Confirm>
      </Group>
      <ErrorNote error={test.error ?? update.error} />
      {rotate.data && <WebhookSecret secret={rotate.data.rotateWebhookSecret.secret} />}
    </Stack>
  );
}
