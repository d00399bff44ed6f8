import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { Column } from '../../parts/index.js';
import type { FleetCluster } from './queries.js';

/** Whose row it is; leads to all that the cluster has of Istio. */
export function clusterColumn(meshId: string): Column<FleetCluster> {
  return {
    key: 'name',
    title: 'Cluster',
    value: ({ name }) => name,
    cell: ({ id, name }) => (
      <Anchor component={Link} to={`/meshes/${meshId}/clusters/${id}?tab=istio`} size="sm" fw={600}>
        {name}
      </Anchor>
    ),
  };
}
