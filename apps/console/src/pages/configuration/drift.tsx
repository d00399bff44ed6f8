import { Anchor, Checkbox, Drawer, Group, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import type { MeshDriftQuery } from '../../api/generated/graphql.js';
import { graphql, useMay, useRows } from '../../api/index.js';
import {
  Diff,
  Empty,
  Facts,
  PageHead,
  Panel,
  RoleNote,
  Rows,
  Status,
  Time,
  useAddress,
} from '../../parts/index.js';
import { AdoptDrift } from './adopt-drift.js';
import { driftPolicies } from './drift-policies.js';
import { partsOf } from './names.js';
import { useHead } from './use-head.js';
import './configuration.css';

const MeshDrift = graphql(`
  query MeshDrift($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
            drift(first: 100) {
              edges {
                node {
                  name
                  change
                  managers
                  seenAt
                  outcome
                  count
                  diff
                }
              }
              pageInfo {
                hasNextPage
              }
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

type Cluster = MeshDriftQuery['mesh']['clusters']['edges'][number]['node'];

interface DriftRow {
  readonly cluster: Cluster;
  readonly drift: Cluster['drift']['edges'][number]['node'];
}

const keyOf = ({ cluster, drift }: DriftRow): string => `${cluster.name} ${drift.name}`;

export default function DriftPage() {
  const { meshId, configuration } = useHead();
  const base = `/meshes/${meshId}/configuration`;
  const clusters = useRows(MeshDrift, { meshId }, (data) => data.mesh.clusters);
  const mayAdopt = useMay('OPERATOR');
  const [params, setAddress] = useAddress();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(
    () =>
      clusters.rows.flatMap((cluster) =>
        cluster.drift.edges.map(({ node }): DriftRow => ({ cluster, drift: node })),
      ),
    [clusters.rows],
  );
  const cut = clusters.rows.filter(({ drift }) => drift.pageInfo.hasNextPage);
  const chosen = rows.filter((row) => selected.has(keyOf(row)));
  const shown = rows.find((row) => keyOf(row) === params.get('object'));
  const toggle = (row: DriftRow, isOn: boolean): void => {
    const next = new Set(selected);
    if (isOn) next.add(keyOf(row));
    else next.delete(keyOf(row));
    setSelected(next);
  };
  const show = (row: DriftRow | undefined): void => setAddress({ object: row ? keyOf(row) : '' });
  const policy = driftPolicies.find(({ value }) => value === configuration?.driftPolicy);
  return (
    <>
      <PageHead
        title="Drift"
        about="Objects of the release that somebody else changed or deleted in a cluster."
        above={[['Configuration', base]]}
      />
      <Stack>
        {policy && (
          <Panel
            title="What the mesh does about it"
            actions={
              <Anchor component={Link} to={`${base}/settings`} size="sm">
                Change
              </Anchor>
            }
          >
            <Text size="sm">
              <b>{policy.label}.</b> {policy.about}
            </Text>
          </Panel>
        )}
        <RoleNote needs="OPERATOR" what="Adopting drift" />
        {chosen.length > 0 && (
          <AdoptDrift meshId={meshId} chosen={chosen} onDone={() => setSelected(new Set())} />
        )}
        {cut.length > 0 && (
          <Text size="sm" c="dimmed">
            The first 100 of {cut.map(({ name }) => name).join(', ')}.
          </Text>
        )}
        <Rows
          label="Drift"
          of={{ ...clusters, rows }}
          keyOf={keyOf}
          facets={[
            { key: 'cluster', label: 'Any cluster', value: ({ cluster }) => cluster.name },
            {
              key: 'outcome',
              label: 'Any outcome',
              value: ({ drift }) => outcomes[drift.outcome][1],
            },
          ]}
          columns={[
            {
              key: 'object',
              title: 'Object',
              width: 'minmax(200px, 2.2fr)',
              value: ({ drift }) => drift.name,
              cell: (row) => (
                <Group gap="sm" wrap="nowrap" align="flex-start">
                  <Checkbox
                    aria-label={`Select ${row.drift.name} of ${row.cluster.name}`}
                    checked={selected.has(keyOf(row))}
                    disabled={!mayAdopt}
                    onChange={({ currentTarget }) => toggle(row, currentTarget.checked)}
                  />
                  <Anchor
                    component="button"
                    type="button"
                    size="sm"
                    ta="left"
                    onClick={() => show(row)}
                  >
                    {partsOf(row.drift.name).kind} {partsOf(row.drift.name).of}
                  </Anchor>
                </Group>
              ),
            },
            {
              key: 'in',
              title: 'Cluster',
              value: ({ cluster }) => cluster.name,
              cell: ({ cluster }) => cluster.name,
            },
            {
              key: 'change',
              title: 'Change',
              width: '100px',
              value: ({ drift }) => drift.change,
              cell: ({ drift }) => (drift.change === 'DELETED' ? 'Deleted' : 'Edited'),
            },
            {
              key: 'by',
              title: 'Field managers',
              width: 'minmax(120px, 1.2fr)',
              value: ({ drift }) => drift.managers.join(', '),
              cell: ({ drift }) => drift.managers.join(', ') || 'nobody left a name',
            },
            {
              key: 'when',
              title: 'Seen',
              value: ({ drift }) => drift.seenAt,
              cell: ({ drift }) => <Time at={drift.seenAt} />,
            },
            {
              key: 'became',
              title: 'Outcome',
              value: ({ drift }) => outcomes[drift.outcome][1],
              cell: ({ drift }) => (
                <Status tone={outcomes[drift.outcome][0]}>{outcomes[drift.outcome][1]}</Status>
              ),
            },
            {
              key: 'count',
              title: 'Times',
              width: '70px',
              value: ({ drift }) => drift.count,
              cell: ({ drift }) => drift.count,
            },
          ]}
          empty={
            <Empty title="No drift">
              Every object of the release is as it was released, as far as the clusters are in
              contact.
            </Empty>
          }
        />
      </Stack>
      <Drawer
        opened={!!shown}
        onClose={() => show(undefined)}
        position="right"
        size="xl"
        title={
          shown &&
          `${partsOf(shown.drift.name).kind} ${partsOf(shown.drift.name).of} in ${shown.cluster.name}`
        }
      >
        {shown && (
          <Stack>
            <Facts
              of={[
                ['Change', shown.drift.change === 'DELETED' ? 'Deleted' : 'Edited'],
                ['Field managers', shown.drift.managers.join(', ') || 'nobody left a name'],
                ['Seen', <Time key="seen" at={shown.drift.seenAt} />],
                ['Outcome', outcomes[shown.drift.outcome][1]],
                ['Times since it was released', shown.drift.count],
              ]}
            />
            <Text size="sm" c="dimmed">
              From what is wanted to what was found:
            </Text>
            <Diff diff={shown.drift.diff} label="Drift" />
          </Stack>
        )}
      </Drawer>
    </>
  );
}

const outcomes = {
  REVERTED: ['ok', 'Put back'],
  TOLERATED: ['warn', 'Left as it is'],
} as const;
