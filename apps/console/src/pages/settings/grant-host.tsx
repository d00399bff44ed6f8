import { Button, Group, MultiSelect, Radio, Skeleton, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { graphql, useDo, useMay, useRows } from '../../api/index.js';
import { ErrorNote, PageHead, Panel, RoleNote } from '../../parts/index.js';
import { GrantableClusters, HostGrants } from './queries.js';

const GrantHost = graphql(`
  mutation GrantHost($input: GrantHostInput!) {
    grantHost(input: $input) {
      hostGrant {
        id
      }
    }
  }
`);

/** A grant for a host takes the place of the one before, so that this page changes one as well. */
export default function GrantHostPage() {
  const { meshId = '' } = useParams();
  const [params] = useSearchParams();
  const grants = useRows(HostGrants, { meshId }, ({ mesh }) => mesh.hostGrants);
  const mayChange = useMay('OPERATOR');
  const known = grants.rows.find(
    ({ namespace, service }) =>
      namespace === params.get('namespace') && service === params.get('service'),
  );
  const isReady = known || (!grants.isPending && !grants.isLoadingMore);
  return (
    <>
      <PageHead
        title={known ? `Grant of ${known.service}.${known.namespace}` : 'Grant a host'}
        above={[['Settings', `/meshes/${meshId}/settings`]]}
        about="Says which clusters may export a host, whoever came first. It takes the place of the grant for the same host that there may be."
      />
      <ErrorNote error={grants.error} />
      {!mayChange ? (
        <RoleNote needs="OPERATOR" what="Granting hosts" />
      ) : isReady ? (
        <GrantForm
          meshId={meshId}
          initial={
            known ?? {
              namespace: params.get('namespace') ?? '',
              service: params.get('service') ?? '',
              clusterIds: [],
            }
          }
          isNew={!known}
        />
      ) : (
        !grants.error && <Skeleton height={320} role="status" aria-label="The grants are loading" />
      )}
    </>
  );
}

interface GrantFormProps {
  readonly meshId: string;
  readonly initial: {
    readonly namespace: string;
    readonly service: string;
    readonly clusterIds: readonly string[];
  };
  readonly isNew: boolean;
}

function GrantForm({ meshId, initial, isNew }: GrantFormProps) {
  const navigate = useNavigate();
  const { mutate, error, isPending } = useDo(GrantHost);
  const clusters = useRows(GrantableClusters, { meshId }, ({ mesh }) => mesh.clusters);
  const [namespace, setNamespace] = useState(initial.namespace);
  const [service, setService] = useState(initial.service);
  const [isEvery, setEvery] = useState(!isNew && initial.clusterIds.length === 0);
  const [clusterIds, setClusterIds] = useState([...initial.clusterIds]);
  const settings = `/meshes/${meshId}/settings`;
  const present = clusters.rows.filter(({ status }) => status !== 'REMOVED');
  const data = present
    .map(({ id, name }) => ({ value: id, label: name }))
    .sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));
  return (
    <Panel maw={680} p="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const input = {
            meshId,
            namespace: namespace.trim(),
            service: service.trim(),
            clusterIds: isEvery ? [] : clusterIds,
          };
          mutate({ input }, { onSuccess: () => navigate(settings) });
        }}
      >
        <Stack>
          <TextInput
            label="Namespace"
            placeholder="shop"
            required
            withAsterisk={false}
            maxLength={63}
            autoComplete="off"
            disabled={!isNew}
            value={namespace}
            onChange={(event) => setNamespace(event.currentTarget.value)}
          />
          <TextInput
            label="Service"
            description="A name, or * for all services of the namespace that have no grant of their own"
            placeholder="payments"
            required
            withAsterisk={false}
            maxLength={63}
            autoComplete="off"
            disabled={!isNew}
            value={service}
            onChange={(event) => setService(event.currentTarget.value)}
          />
          <Radio.Group
            label="May be exported by"
            value={isEvery ? 'every' : 'some'}
            onChange={(value) => setEvery(value === 'every')}
          >
            <Group mt="xs">
              <Radio value="some" label="Certain clusters" />
              <Radio value="every" label="Every cluster of the mesh" />
            </Group>
          </Radio.Group>
          {!isEvery && (
            <MultiSelect
              label="Clusters"
              placeholder={clusterIds.length === 0 ? 'Choose clusters' : undefined}
              data={data}
              searchable
              hidePickedOptions
              nothingFoundMessage="No such cluster"
              value={clusterIds}
              onChange={setClusterIds}
              error={clusters.error?.message}
            />
          )}
          <ErrorNote error={error} />
          <Group gap="xs">
            <Button
              type="submit"
              loading={isPending}
              disabled={!isEvery && clusterIds.length === 0}
            >
              {isNew ? 'Grant the host' : 'Save'}
            </Button>
            <Button variant="default" component={Link} to={settings}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
