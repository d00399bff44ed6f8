import { NativeSelect, Stack, Text } from '@mantine/core';
import type { UpgradeChannel } from '../../api/generated/graphql.js';
import { graphql, useApi, useDo, useMay, useRows } from '../../api/index.js';
import { Empty, ErrorNote, Panel, Rows } from '../../parts/index.js';
import { clusterColumn } from './cluster-column.js';
import { type FleetCluster, FleetIstio, IstioVersions } from './queries.js';
import { channelWords } from './versions.js';

const SetChannel = graphql(`
  mutation SetChannel($input: SetClusterChannelInput!) {
    setClusterChannel(input: $input) {
      cluster {
        id
      }
    }
  }
`);

const channels: readonly UpgradeChannel[] = ['RAPID', 'REGULAR', 'STABLE'];

/** Which clusters have their upgrades planned by themselves, and how soon. */
export function Channels({ meshId }: { readonly meshId: string }) {
  const rows = useRows(FleetIstio, { meshId }, ({ mesh }) => mesh.clusters);
  const versions = useApi(IstioVersions, {});
  const led = versions.data?.istioVersions ?? [];
  const targetOf = (channel: UpgradeChannel): string =>
    led.find((version) => version.channels.includes(channel))?.version ?? 'nothing yet';
  return (
    <Panel title="Channels">
      <Stack gap="sm">
        <Text size="sm">
          Upgrades of a cluster with a channel are planned by themselves, and begin in its windows,
          or once they are approved. Now rapid leads to {targetOf('RAPID')}, regular to{' '}
          {targetOf('REGULAR')}, stable to {targetOf('STABLE')}.
        </Text>
        <ErrorNote error={versions.error} />
        <Rows
          label="Channels by cluster"
          name="channel"
          of={rows}
          keyOf={({ id }) => id}
          sort="name"
          columns={[
            clusterColumn(meshId),
            {
              key: 'runs',
              title: 'Runs',
              value: ({ istio }) => istio?.revisions.map(({ version }) => version).join(', '),
              cell: ({ istio }) =>
                istio
                  ? istio.revisions.map(({ version }) => version).join(', ') || 'no Istio'
                  : 'not told',
            },
            {
              key: 'channel',
              title: 'Channel',
              width: 'minmax(180px, 1fr)',
              value: ({ istio }) => istio?.channel ?? '',
              cell: (cluster) => <ChannelChoice cluster={cluster} />,
            },
          ]}
          empty={<Empty title="No cluster yet">There is nothing to plan for.</Empty>}
        />
      </Stack>
    </Panel>
  );
}

function ChannelChoice({ cluster }: { readonly cluster: FleetCluster }) {
  const set = useDo(SetChannel);
  const mayChange = useMay('OPERATOR');
  const { id, name, istio } = cluster;
  const now = istio?.channel ?? '';
  return (
    <>
      <NativeSelect
        aria-label={`Channel of ${name}`}
        size="xs"
        disabled={!mayChange || !istio || set.isPending}
        title={istio ? undefined : 'Its agent has not told of Istio'}
        value={set.isPending ? (set.variables.input.channel ?? '') : now}
        onChange={({ currentTarget: { value } }) =>
          set.mutate({
            input: { clusterId: id, channel: value === '' ? null : (value as UpgradeChannel) },
          })
        }
        data={[
          { value: '', label: 'none: people plan' },
          ...channels.map((value) => ({ value, label: channelWords[value] })),
        ]}
      />
      <ErrorNote error={set.error} />
    </>
  );
}
