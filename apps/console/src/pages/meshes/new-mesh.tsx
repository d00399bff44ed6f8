import { Button, Code, Group, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from 'react-router';
import { type ApiError, graphql, readSession, useDo, useMay, useSession } from '../../api/index.js';
import { ErrorNote, PageHead, Panel, RoleNote, sentence } from '../../parts/index.js';
import './meshes.css';

const CreateMesh = graphql(`
  mutation CreateMesh($input: CreateMeshInput!) {
    createMesh(input: $input) {
      mesh {
        id
      }
    }
  }
`);

/** Where the API's complaint belongs; what is of no field stands below all. */
function fieldOf({ code }: ApiError): 'name' | 'trustDomain' | undefined {
  if (code === 'INVALID_NAME' || code === 'ALREADY_EXISTS') return 'name';
  return code === 'INVALID_ARGUMENT' ? 'trustDomain' : undefined;
}

export default function NewMeshPage() {
  const navigate = useNavigate();
  const { meshes, organization } = useSession();
  const mayMake = useMay('ADMIN');
  const createMesh = useDo(CreateMesh);
  const form = useForm({ initialValues: { name: '', trustDomain: 'cluster.local' } });
  const isFirst = meshes.edges.length === 0;
  const error = createMesh.error;
  const hasField = error !== null && fieldOf(error) !== undefined;
  return (
    <>
      <PageHead
        title={isFirst ? 'Make your first mesh' : 'New mesh'}
        about={
          isFirst
            ? `${organization.name} has no mesh yet. A mesh is the set of clusters that reach each other’s services; your clusters come into it one by one.`
            : 'A mesh is the set of clusters that reach each other’s services. Those of another mesh are strangers to it.'
        }
      />
      <Panel maw={620} p={{ base: 'md', sm: 'xl' }}>
        <form
          onSubmit={form.onSubmit(({ name, trustDomain }) =>
            createMesh.mutate(
              { input: { name, trustDomain: trustDomain === '' ? undefined : trustDomain } },
              {
                onSuccess: async ({ createMesh: { mesh } }) => {
                  // Of a mesh that the shell does not know yet there is no page.
                  await readSession();
                  navigate(`/meshes/${mesh.id}/fleet`);
                },
                onError: (problem) => {
                  const field = fieldOf(problem);
                  if (field) form.setFieldError(field, sentence(problem.message));
                },
              },
            ),
          )}
        >
          <Stack gap="lg">
            <TextInput
              label="Name"
              description="Lower-case letters, digits and ‘-’, such as production"
              required
              autoFocus
              autoComplete="off"
              maxLength={63}
              {...form.getInputProps('name')}
            />
            <TextInput
              label="Trust domain"
              description={
                <>
                  The first part of every workload’s identity, as in{' '}
                  <Code className="code">{`spiffe://${form.values.trustDomain || 'cluster.local'}/ns/shop/sa/payments`}</Code>
                  . Take the one your Istio has in{' '}
                  <Code className="code">meshConfig.trustDomain</Code>; unless somebody changed it,
                  that is cluster.local. It cannot be changed later.
                </>
              }
              autoComplete="off"
              {...form.getInputProps('trustDomain')}
            />
            <ErrorNote error={hasField ? null : error} />
            <RoleNote needs="ADMIN" what="Making meshes" />
            <Group>
              <Button type="submit" loading={createMesh.isPending} disabled={!mayMake}>
                Make the mesh
              </Button>
            </Group>
          </Stack>
        </form>
      </Panel>
      {isFirst && (
        <Panel title="What comes then" maw={620} mt="md">
          <ol className="next-steps">
            <li>You register a cluster: its name, its network, and where it is.</li>
            <li>
              You run one Helm command in it. Its agent calls out to Isthmus; nothing calls into
              your cluster.
            </li>
            <li>You see here how it joins, step by step, and what keeps it if something does.</li>
            <li>With the second cluster, services that you export are reachable from both.</li>
          </ol>
        </Panel>
      )}
    </>
  );
}
