import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link } from 'react-router';
import { graphql, useDo, useMay, useSession } from '../../api/index.js';
import { ErrorNote, PageHead, Panel, RoleNote } from '../../parts/index.js';
import { TypesInput } from './types-input.js';
import { WebhookSecret } from './webhook-secret.js';

const CreateWebhook = graphql(`
  mutation CreateWebhook($input: CreateWebhookInput!) {
    createWebhook(input: $input) {
      webhook {
        id
        name
      }
      secret
    }
  }
`);

const above = [['Webhooks', '/webhooks']] as const;

export default function NewWebhookPage() {
  const mayMake = useMay('ADMIN');
  const { meshes } = useSession();
  const { mutate, data, error, isPending } = useDo(CreateWebhook);
  const form = useForm({ initialValues: { name: '', url: '', meshId: '', types: [] as string[] } });
  if (data) {
    const { webhook, secret } = data.createWebhook;
    return (
      <>
        <PageHead title={`Webhook ${webhook.name}`} above={above} />
        <Stack maw={820}>
          <WebhookSecret secret={secret} />
          <Group gap="xs">
            <Button component={Link} to={`/webhooks/${webhook.id}`}>
              I have the secret
            </Button>
          </Group>
        </Stack>
      </>
    );
  }
  return (
    <>
      <PageHead
        title="New webhook"
        above={above}
        about="Its secret is shown once, when it is made."
      />
      {mayMake ? (
        <Panel maw={640} p="lg">
          <form
            onSubmit={form.onSubmit(({ name, url, meshId, types }) =>
              mutate({ input: { name, url, types, ...(meshId && { meshId }) } }),
            )}
          >
            <Stack>
              <TextInput
                label="Name"
                description="Lower-case letters, digits and hyphens, such as on-call."
                required
                withAsterisk={false}
                maxLength={63}
                autoComplete="off"
                {...form.getInputProps('name')}
              />
              <TextInput
                label="URL"
                description="https, reachable from the internet. It is posted to."
                type="url"
                required
                withAsterisk={false}
                autoComplete="off"
                {...form.getInputProps('url')}
              />
              <NativeSelect
                label="Mesh"
                data={[
                  { value: '', label: 'All meshes' },
                  ...meshes.edges.map(({ node }) => ({ value: node.id, label: node.name })),
                ]}
                {...form.getInputProps('meshId')}
              />
              <TypesInput
                value={form.values.types}
                onChange={(types) => form.setFieldValue('types', types)}
              />
              <ErrorNote error={error} />
              <Group gap="xs">
                <Button type="submit" loading={isPending}>
                  Make the webhook
                </Button>
                <Button variant="default" component={Link} to="/webhooks">
                  Cancel
                </Button>
              </Group>
            </Stack>
          </form>
        </Panel>
      ) : (
        <RoleNote needs="ADMIN" what="Making webhooks" />
      )}
    </>
  );
}
