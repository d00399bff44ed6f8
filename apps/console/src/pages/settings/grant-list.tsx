import { Anchor, Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { graphql, useDo, useMay, useRows } from '../../api/index.js';
import { type Column, Confirm, Empty, Panel, Rows, Time } from '../../parts/index.js';
import { GrantableClusters, HostGrants } from './queries.js';

const RevokeHostGrant = graphql(`
  mutation RevokeHostGrant($input: RevokeHostGrantInput!) {
    revokeHostGrant(input: $input) {
      hostGrant {
        id
      }
    }
  }
`);

interface Grant {
  readonly id: string;
  readonly namespace: string;
  readonly service: string;
  readonly clusterIds: readonly string[];
  readonly createdAt: string;
}

function hostOf({ service, namespace }: Grant): string {
  return `${service}.${namespace}`;
}

export function GrantList({ meshId }: { readonly meshId: string }) {
  const mayChange = useMay('OPERATOR');
  const grants = useRows(HostGrants, { meshId }, ({ mesh }) => mesh.hostGrants);
  const clusters = useRows(GrantableClusters, { meshId }, ({ mesh }) => mesh.clusters);
  const names = new Map(clusters.rows.map(({ id, name }) => [id, name]));
  const clustersOf = ({ clusterIds }: Grant): string =>
    clusterIds.length === 0
      ? 'every cluster'
      : clusterIds
          .map((id) => names.get(id) ?? id)
          .sort()
          .join(', ');
  const newGrant = `/meshes/${meshId}/settings/host-grants/new`;
  const columns: readonly Column<Grant>[] = [
    {
      key: 'host',
      title: 'Host',
      width: 'minmax(160px, 1.5fr)',
      value: hostOf,
      cell: (grant) =>
        mayChange ? (
          <Anchor
            component={Link}
            to={`${newGrant}?${new URLSearchParams({ namespace: grant.namespace, service: grant.service })}`}
            inherit
          >
            {hostOf(grant)}
          </Anchor>
        ) : (
          hostOf(grant)
        ),
    },
    {
      key: 'clusters',
      title: 'May be exported by',
      width: 'minmax(180px, 3fr)',
      value: clustersOf,
      cell: clustersOf,
    },
    {
      key: 'made',
      title: 'Made',
      value: ({ createdAt }) => Date.parse(createdAt),
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
    ...(mayChange
      ? [
          {
            key: 'actions',
            title: '',
            width: '96px',
            cell: (grant: Grant) => <Revoke grant={grant} />,
          },
        ]
      : []),
  ];
  return (
    <Panel
      title="Host grants"
      actions={
        mayChange && (
          <Button
            component={Link}
            to={newGrant}
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
          >
            Grant a host
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed" maw={760} mb="md">
        A host belongs to the cluster that exported it first; others that export it see a Conflict.
        A grant says which clusters may, whoever came first.
      </Text>
      <Rows
        label="Host grants"
        name="grants"
        of={grants}
        columns={columns}
        keyOf={({ id }) => id}
        sort="host"
        empty={
          <Empty title="No host grants">
            Each host is its first exporter’s. Grant one to let several clusters offer it together.
          </Empty>
        }
      />
    </Panel>
  );
}

function Revoke({ grant }: { readonly grant: Grant }) {
  const { mutateAsync } = useDo(RevokeHostGrant);
  const host = hostOf(grant);
  return (
    <Confirm
      size="xs"
      label="Revoke"
      aria-label={`Revoke the grant of ${host}`}
      title={`Revoke the grant of ${host}?`}
      confirmLabel={`Revoke ${host}`}
      onConfirm={() => mutateAsync({ input: { id: grant.id } })}
    >
      <p>
        {grant.service === '*' ? 'Each host of the namespace' : 'The host'} is again the cluster's
        that exported it first. Exports of the others stop with a Conflict, and no call is led to
        them any more.
      </p>
    </Confirm>
  );
}
