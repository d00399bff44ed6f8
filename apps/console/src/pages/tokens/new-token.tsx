import { Button, Group, NativeSelect, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link } from 'react-router';
import { graphql, type Role, roles, useDo, useSession } from '../../api/index.js';
import {
  CopyCode,
  ErrorNote,
  PageHead,
  Panel,
  roleInWords,
  Secret,
  Time,
} from '../../parts/index.js';

const CreateApiToken = graphql(`
  mutation CreateApiToken($input: CreateApiTokenInput!) {
    createApiToken(input: $input) {
      apiToken {
        id
        name
        expiresAt
      }
      secret
    }
  }
`);

const dayMs = 86_400_000;
/** The API gives a token a year at most. */
const lives = [
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['180', '180 days'],
  ['365', '1 year'],
] as const;
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });

const above = [['API tokens', '/tokens']] as const;

export default function NewTokenPage() {
  const create = useCreate();
  if (create.data) {
    const { apiToken, secret } = create.data.createApiToken;
    return (
      <Made
        name={apiToken.name}
        expiresAt={apiToken.expiresAt}
        secret={secret}
        onAgain={create.reset}
      />
    );
  }
  return <NewToken create={create} />;
}

function NewToken({ create }: { readonly create: ReturnType<typeof useCreate> }) {
  const { viewerRole } = useSession().organization;
  // No more than one's own.
  const usual: Role = viewerRole === 'VIEWER' ? 'VIEWER' : 'OPERATOR';
  const form = useForm({
    initialValues: { name: '', role: usual, namespaces: [] as string[], days: '90' },
  });
  const { days, role, namespaces } = form.values;
  const offered = roles.slice(0, roles.indexOf(viewerRole) + 1);
  return (
    <>
      <PageHead
        title="New API token"
        above={above}
        about="Its secret is shown once, when it is made."
      />
      <Panel maw={640} p="lg">
        <form
          onSubmit={form.onSubmit(({ name }) =>
            create.mutate({
              input: {
                name,
                role,
                // What was pasted whole.
                namespaces: namespaces.flatMap((text) => text.split(/[\s,]+/)).filter(Boolean),
                expiresAt: endIn(Number(days)).toISOString(),
              },
            }),
          )}
        >
          <Stack>
            <TextInput
              label="Name"
              description="What it is for, such as terraform or ci. 1 to 100 characters."
              required
              withAsterisk={false}
              maxLength={100}
              autoComplete="off"
              {...form.getInputProps('name')}
            />
            <NativeSelect
              label="Role"
              description={may[role]}
              data={offered.map((value) => ({ value, label: roleInWords(value) }))}
              {...form.getInputProps('role')}
            />
            <TagsInput
              label="Namespaces of Kubernetes"
              description="Optional. It may change the configuration of these alone then, and nothing that is of the whole mesh. It reads everything all the same."
              placeholder={namespaces.length === 0 ? 'All' : undefined}
              splitChars={[',', ' ']}
              acceptValueOnBlur
              clearable
              clearButtonProps={{ 'aria-label': 'Remove all namespaces' }}
              maxTags={100}
              {...form.getInputProps('namespaces')}
            />
            <NativeSelect
              label="Expires in"
              description={`On ${dates.format(endIn(Number(days)))}. A year at most.`}
              data={lives.map(([value, label]) => ({ value, label }))}
              {...form.getInputProps('days')}
            />
            <ErrorNote error={create.error} />
            <Group gap="xs">
              <Button type="submit" loading={create.isPending}>
                Make the token
              </Button>
              <Button variant="default" component={Link} to="/tokens">
                Cancel
              </Button>
            </Group>
          </Stack>
        </form>
      </Panel>
    </>
  );
}

function useCreate() {
  return useDo(CreateApiToken);
}

const may: Readonly<Record<Role, string>> = {
  VIEWER: 'Sees everything but webhooks and the tokens of others, and changes nothing.',
  OPERATOR: 'Registers clusters, changes exports and configuration, rolls out.',
  ADMIN:
    'An operator that also makes meshes and webhooks, revokes tokens and releases Envoy filters.',
  OWNER: 'Everything but making tokens, which only a person may.',
};

function endIn(days: number): Date {
  return new Date(Date.now() + days * dayMs);
}

interface MadeProps {
  readonly name: string;
  readonly expiresAt: string;
  readonly secret: string;
  onAgain(): void;
}

function Made({ name, expiresAt, secret, onAgain }: MadeProps) {
  return (
    <>
      <PageHead
        title={`Token ${name}`}
        above={above}
        about={
          <>
            It expires <Time at={expiresAt} />.
          </>
        }
      />
      <Stack maw={820}>
        <Secret secret={secret}>
          It is shown this once: only its hash is kept. Whoever has it acts as this token.
        </Secret>
        <Panel title="Try it">
          <Text size="sm" c="dimmed" mb="sm">
            In a shell that has the secret as <b>ISTHMUS_TOKEN</b>. It lists the meshes.
          </Text>
          <CopyCode code={exampleOf(location.origin)} label="curl command" />
        </Panel>
        <Group gap="xs">
          <Button component={Link} to="/tokens">
            I have the secret
          </Button>
          <Button variant="default" onClick={onAgain}>
            Make another
          </Button>
        </Group>
      </Stack>
    </>
  );
}

/** Without the secret itself, which would stay in the shell's history. */
function exampleOf(origin: string): string {
  return [
    `curl -sS ${origin}/graphql \\`,
    `  -H "authorization: Bearer $ISTHMUS_TOKEN" \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d '{"query":"{ meshes { edges { node { id name } } } }"}'`,
  ].join('\n');
}
