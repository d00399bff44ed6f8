import { Anchor, Button, Code, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link, useNavigate, useParams } from 'react-router';
import { type ApiError, graphql, useApi, useDo, useMay } from '../../api/index.js';
import { ErrorNote, PageHead, Panel, RoleNote, sentence } from '../../parts/index.js';
import { entriesOf, readLabels } from './labels.js';
import type { JoinState } from './queries.js';

const RegisterCluster = graphql(`
  mutation RegisterCluster($input: RegisterClusterInput!) {
    registerCluster(input: $input) {
      helmCommand
      joinToken {
        expiresAt
      }
      cluster {
        id
      }
    }
  }
`);

/** For suggestions: what others are in is what a new one is likely to be in. */
const Places = graphql(`
  query Places($meshId: ID!) {
    mesh(id: $meshId) {
      clusters(first: 200) {
        edges {
          node {
            network
            locality
          }
        }
      }
    }
  }
`);

const fields = ['name', 'network', 'locality', 'cidrs', 'labels'] as const;
type FieldName = (typeof fields)[number];

/** Where the API's complaint belongs; what is of no field stands below all. */
function fieldOf({ code, message }: ApiError): FieldName | undefined {
  switch (code) {
    case 'ALREADY_EXISTS':
      return 'name';
    case 'CIDR_INVALID':
      return 'cidrs';
    case 'INVALID_NAME':
      return message.startsWith('network') ? 'network' : 'name';
    case 'INVALID_ARGUMENT':
      if (message.startsWith('locality')) return 'locality';
      return message.includes('label') ? 'labels' : undefined;
    default:
      return undefined;
  }
}

export default function RegisterClusterPage() {
  const { meshId = '' } = useParams();
  const navigate = useNavigate();
  const mayAdd = useMay('OPERATOR');
  const register = useDo(RegisterCluster);
  const { data } = useApi(Places, { meshId });
  const form = useForm({
    initialValues: { name: '', network: '', locality: '', cidrs: '', labels: '' },
  });
  const places = data?.mesh.clusters.edges.map(({ node }) => node) ?? [];
  const { error } = register;
  const hasField = error !== null && fieldOf(error) !== undefined;
  const submit = ({ name, network, locality, cidrs, labels }: typeof form.values): void => {
    register.mutate(
      {
        input: {
          meshId,
          name: name.trim(),
          network: network.trim(),
          locality: locality.trim(),
          cidrs: entriesOf(cidrs),
          labels: readLabels(labels),
        },
      },
      {
        onSuccess: ({ registerCluster: { cluster, helmCommand, joinToken } }) => {
          const state: JoinState = { helmCommand, expiresAt: joinToken.expiresAt };
          navigate(`/meshes/${meshId}/clusters/${cluster.id}/join`, { state });
        },
        onError: (problem) => {
          const field = fieldOf(problem);
          if (!field) return;
          form.setFieldError(field, sentence(problem.message));
          form.getInputNode(field)?.focus();
        },
      },
    );
  };
  return (
    <>
      <PageHead
        title="Add a cluster"
        about="Say what the cluster is; then you get a Helm command to run in it. Nothing in the cluster changes before you run it."
        above={[['Fleet', `/meshes/${meshId}/fleet`]]}
      />
      <Panel maw={680} p={{ base: 'md', sm: 'xl' }}>
        <form onSubmit={form.onSubmit(submit)}>
          <Stack gap="lg">
            <TextInput
              label="Name"
              description="How you tell it from others, such as prod-frankfurt: lower-case letters, digits and ‘-’. It cannot be changed later."
              required
              autoFocus
              autoComplete="off"
              maxLength={63}
              {...form.getInputProps('name')}
            />
            <TextInput
              label="Network"
              description={
                <>
                  Clusters whose Pods reach each other’s addresses directly share a network, such as
                  those of one VPC. Between networks traffic goes through east-west gateways. The
                  same name as in Istio’s label{' '}
                  <Code className="code">topology.istio.io/network</Code>, such as vpc-frankfurt.
                </>
              }
              required
              autoComplete="off"
              maxLength={63}
              list="networks"
              {...form.getInputProps('network')}
            />
            <Suggestions id="networks" of={places.map(({ network }) => network)} />
            <TextInput
              label="Locality"
              description="Where it is: region or region/zone, such as eu-central-1/a. Calls go to the nearest endpoints first."
              required
              autoComplete="off"
              list="localities"
              {...form.getInputProps('locality')}
            />
            <Suggestions id="localities" of={places.map(({ locality }) => locality)} />
            <TextInput
              label="CIDRs"
              description="Optional. What the addresses of its Pods and gateways must lie in, such as 10.0.0.0/8; what the agent reports from elsewhere is refused. Separate several by commas."
              autoComplete="off"
              {...form.getInputProps('cidrs')}
            />
            <Textarea
              label="Labels"
              description="Optional. By these rollouts and configuration select it, such as env=prod; one a line, or separated by commas. You can change them later."
              autosize
              minRows={2}
              {...form.getInputProps('labels')}
            />
            <ErrorNote error={hasField ? null : error} />
            <RoleNote needs="OPERATOR" what="Adding clusters" />
            <Group>
              <Button type="submit" loading={register.isPending} disabled={!mayAdd}>
                Get the Helm command
              </Button>
              <Anchor component={Link} to={`/meshes/${meshId}/fleet`} size="sm">
                Back to the fleet
              </Anchor>
            </Group>
          </Stack>
        </form>
      </Panel>
    </>
  );
}

function Suggestions({ id, of }: { readonly id: string; readonly of: readonly string[] }) {
  return (
    <datalist id={id}>
      {[...new Set(of)].sort().map((value) => (
        <option key={value} value={value} />
      ))}
    </datalist>
  );
}
