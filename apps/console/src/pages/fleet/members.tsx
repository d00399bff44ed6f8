import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import {
  type Column,
  type Facet,
  firstExpiry,
  type Health,
  Status,
  statusWords,
  Time,
  type Tone,
} from '../../parts/index.js';
import type { FleetCluster } from './queries.js';

/** A cluster, and how well it is. */
export interface Member {
  readonly cluster: FleetCluster;
  readonly health: Health;
}

/** What clusters are counted by, and filtered by. */
export const toneWords: Readonly<Record<Tone, string>> = {
  bad: 'Failing',
  warn: 'Warning',
  busy: 'Under way',
  idle: 'Waiting',
  ok: 'Well',
};

export const facets: readonly Facet<Member>[] = [
  { key: 'status', label: 'Any status', value: ({ cluster }) => statusWords[cluster.status] },
  { key: 'health', label: 'Any health', value: ({ health }) => toneWords[health.tone] },
  { key: 'network', label: 'Any network', value: ({ cluster }) => cluster.network },
];

export const columns: readonly Column<Member>[] = [
  {
    key: 'name',
    title: 'Name',
    width: 'minmax(130px, 1.4fr)',
    value: ({ cluster }) => cluster.name,
    cell: ({ cluster: { id, name, status } }) => (
      <Anchor
        component={Link}
        to={status === 'PENDING' ? `../clusters/${id}/join` : `../clusters/${id}`}
        inherit
        fw={600}
      >
        {name}
      </Anchor>
    ),
  },
  {
    key: 'health',
    title: 'Status',
    width: 'minmax(150px, 1.6fr)',
    value: ({ health: { tone, word } }) =>
      `${['bad', 'warn', 'busy', 'idle', 'ok'].indexOf(tone)} ${word}`,
    cell: ({ health }) => <Status tone={health.tone}>{health.word}</Status>,
  },
  {
    key: 'network',
    title: 'Network',
    width: 'minmax(90px, 1fr)',
    value: ({ cluster }) => cluster.network,
    cell: ({ cluster }) => cluster.network,
  },
  {
    key: 'locality',
    title: 'Locality',
    width: 'minmax(110px, 1fr)',
    value: ({ cluster }) => cluster.locality,
    cell: ({ cluster }) => cluster.locality,
  },
  {
    key: 'istio',
    title: 'Istio',
    width: 'minmax(80px, .7fr)',
    value: ({ cluster }) => cluster.istioVersions.join(', '),
    cell: ({ cluster }) => cluster.istioVersions.join(', ') || '—',
  },
  {
    key: 'kubernetes',
    title: 'Kubernetes',
    width: 'minmax(80px, .7fr)',
    value: ({ cluster }) => cluster.kubernetesVersion,
    cell: ({ cluster }) => cluster.kubernetesVersion ?? '—',
  },
  {
    key: 'release',
    title: 'Release',
    width: 'minmax(110px, 1fr)',
    value: ({ cluster }) => cluster.configuration?.number,
    cell: ({ cluster }) => (
      <Release of={cluster.status === 'PENDING' ? null : cluster.configuration} />
    ),
  },
  {
    key: 'drift',
    title: 'Drift',
    width: 'minmax(60px, .5fr)',
    value: ({ cluster }) => cluster.drift.edges.length,
    cell: ({ cluster: { id, drift } }) =>
      drift.edges.length === 0 ? (
        '0'
      ) : (
        <Anchor component={Link} to={`../clusters/${id}?tab=drift`} inherit>
          {drift.edges.length}
          {drift.pageInfo.hasNextPage && '+'}
        </Anchor>
      ),
  },
  {
    key: 'certificate',
    title: 'First expiry',
    width: 'minmax(110px, .9fr)',
    value: ({ cluster }) => firstExpiry(cluster)?.at,
    cell: ({ cluster }) => {
      const first = firstExpiry(cluster);
      if (!first) return '—';
      return (
        <span>
          <Time at={first.at} /> <span className="fleet-note">({first.of})</span>
        </span>
      );
    },
  },
  {
    key: 'contact',
    title: 'Last contact',
    width: 'minmax(110px, .9fr)',
    value: ({ cluster }) => cluster.lastContactAt,
    cell: ({ cluster }) => <Time at={cluster.lastContactAt} />,
  },
];

/** The release that a cluster is to run, and whether it is stored, and live. */
function Release({ of }: { readonly of: FleetCluster['configuration'] }) {
  if (typeof of?.number !== 'number') return <>—</>;
  const { number, current, objects, stored, refused, live } = of;
  if (refused > 0 || live === 'REFUSED') return <Status tone="bad">{number}, refused</Status>;
  if (!current || stored < objects || live === 'PENDING') {
    return (
      <Status tone="busy">
        {number}, {stored} of {objects} stored
      </Status>
    );
  }
  return <Status tone="ok">{live === 'YES' ? `${number}, live` : `${number}, stored`}</Status>;
}
