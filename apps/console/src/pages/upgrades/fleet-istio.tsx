import { Alert, Code, Stack, Text } from '@mantine/core';
import { graphql, useDo, useMay, useRows } from '../../api/index.js';
import {
  AgentStatus,
  agentWord,
  Confirm,
  counted,
  Empty,
  hasTold,
  RoleNote,
  Rows,
  Status,
  sentence,
  type Tone,
} from '../../parts/index.js';
import { clusterColumn } from './cluster-column.js';
import { type FleetCluster, FleetIstio } from './queries.js';

const TakeOver = graphql(`
  mutation TakeOver($input: TakeOverIstioInput!) {
    takeOverIstio(input: $input) {
      cluster {
        id
      }
    }
  }
`);

/** What of Istio each cluster has, and whether upgrades may change it. */
export default function FleetIstioTab({ meshId }: { readonly meshId: string }) {
  const rows = useRows(FleetIstio, { meshId }, ({ mesh }) => mesh.clusters);
  const foreign = rows.rows.filter(isForeign).length;
  const failed = rows.rows.filter(({ agent }) => agent?.state === 'FAILED').length;
  return (
    <Stack>
      <RoleNote needs="OPERATOR" what="Taking over an Istio" />
      {foreign > 0 && (
        <Alert variant="light" title={`${counted(foreign, 'cluster')} to take over`}>
          <Text size="sm">
            Upgrades change an istiod that somebody else installed once it is taken over. That
            changes none of it, and restarts no Pod.
          </Text>
        </Alert>
      )}
      {failed > 0 && (
        <Alert color="red" variant="light" title={`${counted(failed, 'agent')} did not upgrade`}>
          <Text size="sm">
            The agents go on as they were, and no other begins until each is retried on the page of
            its cluster, or another version is wanted.
          </Text>
        </Alert>
      )}
      <Rows
        label="Istio by cluster"
        of={rows}
        keyOf={({ id }) => id}
        sort="name"
        facets={[
          { key: 'managed', label: 'Any standing', value: (row) => standingOf(row)[1] },
          {
            key: 'agents',
            label: 'Any agent',
            value: ({ agent }) => (agent ? agentWord(agent) : 'None any more'),
          },
        ]}
        columns={[
          clusterColumn(meshId),
          {
            key: 'standing',
            title: 'Standing',
            width: '150px',
            value: (row) => standingOf(row)[1],
            cell: (row) => {
              const [tone, word] = standingOf(row);
              return <Status tone={tone}>{word}</Status>;
            },
          },
          {
            key: 'revisions',
            title: 'Revisions',
            width: 'minmax(260px, 2.4fr)',
            value: ({ istio }) =>
              istio?.revisions.map(({ version, name }) => `${version} ${name}`).join(' '),
            cell: ({ istio }) =>
              istio?.revisions.map(({ name, version, ready, replicas, installedBy }) => (
                <div key={name}>
                  {version} <Code className="code">{name}</Code>{' '}
                  {ready < replicas ? (
                    <Status tone="bad">
                      {ready} of {replicas} ready
                    </Status>
                  ) : (
                    `${ready} of ${replicas} ready`
                  )}
                  , by {installedBy}
                </div>
              )),
          },
          {
            key: 'tags',
            title: 'Tags',
            value: ({ istio }) => istio?.tags.map(({ name }) => name).join(' '),
            cell: ({ istio }) =>
              istio?.tags.map(({ name, revision }) => (
                <div key={name}>
                  {name}: {revision}
                </div>
              )),
          },
          {
            key: 'proxies',
            title: 'Proxies',
            width: '100px',
            value: ({ istio }) => proxiesOf(istio),
            cell: ({ istio }) =>
              istio?.revisions.map(({ name, proxies }) => <div key={name}>{proxies}</div>),
          },
          {
            key: 'agent',
            title: 'Agent',
            width: 'minmax(200px, 2fr)',
            value: ({ agent }) => agent?.version,
            cell: ({ agent }) => agent && <Agent of={agent} />,
          },
          {
            key: 'actions',
            title: '',
            width: '120px',
            cell: (row) => (isForeign(row) ? <TakeOverButton cluster={row} /> : null),
          },
        ]}
        empty={
          <Empty title="No cluster yet">
            What of Istio the clusters of the mesh have is told by their agents.
          </Empty>
        }
      />
    </Stack>
  );
}

/** Its version, and why that is not the one that is wanted. */
function Agent({ of }: { readonly of: NonNullable<FleetCluster['agent']> }) {
  const { version, state, message } = of;
  if (!hasTold(of)) return <AgentStatus of={of} />;
  if (state === 'CURRENT') return version;
  return (
    <>
      {version} <AgentStatus of={of} />
      {message && (
        <Text size="xs" className="break">
          {sentence(message)}
        </Text>
      )}
    </>
  );
}

function isForeign({ istio, status }: FleetCluster): boolean {
  return status !== 'REMOVED' && !!istio && istio.revisions.length > 0 && !istio.isManaged;
}

function standingOf(row: FleetCluster): readonly [Tone, string] {
  const { istio } = row;
  if (!istio) return ['idle', 'Not told'];
  if (istio.revisions.length === 0) return ['idle', 'No Istio'];
  if (isForeign(row)) return ['warn', 'Not taken over'];
  return istio.isSettled ? ['ok', 'As wanted'] : ['busy', 'Being changed'];
}

function proxiesOf(istio: FleetCluster['istio']): number {
  return istio?.revisions.reduce((sum, { proxies }) => sum + proxies, 0) ?? 0;
}

function TakeOverButton({ cluster: { id, name, istio } }: { readonly cluster: FleetCluster }) {
  const takeOver = useDo(TakeOver);
  const mayAct = useMay('OPERATOR');
  if (!mayAct) return null;
  return (
    <Confirm
      label="Take over"
      aria-label={`Take over the Istio of ${name}`}
      size="compact-sm"
      title={`Take over the Istio of ${name}?`}
      confirmLabel="Take it over"
      isDestructive={false}
      onConfirm={() => takeOver.mutateAsync({ input: { clusterId: id } })}
    >
      <p>
        Upgrades may change and remove{' '}
        {istio?.revisions.map((revision) => `${revision.name} (${revision.version})`).join(', ')}{' '}
        from then on. Nothing of it is changed now, and no Pod restarts.
      </p>
      <p>
        Whoever installs it today, such as a pipeline with Helm, should leave it alone from then on.
      </p>
    </Confirm>
  );
}
