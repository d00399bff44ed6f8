import {
  Alert,
  Anchor,
  Button,
  Checkbox,
  Drawer,
  Group,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import type { MeshDriftQuery } from '../../api/generated/graphql.js';
import { graphql, useDo, useMay, useRows } from '../../api/index.js';
import {
  counted,
  Diff,
  Empty,
  ErrorNote,
  Facts,
  PageHead,
  Panel,
  RoleNote,
  Rows,
  Status,
  Time,
} from '../../parts/index.js';
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

const AdoptDrift = graphql(`
  mutation AdoptDrift($input: AdoptDriftInput!) {
    adoptDrift(input: $input) {
      release {
        id
        number
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
  const [params, setParams] = useSearchParams();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const rows = clusters.rows.flatMap((cluster) =>
    cluster.drift.edges.map(({ node }): DriftRow => ({ cluster, drift: node })),
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
  const show = (row: DriftRow | undefined): void =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        if (row) after.set('object', keyOf(row));
        else after.delete('object');
        return after;
      },
      { replace: true, preventScrollReset: true },
    );
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
          <Adopt meshId={meshId} chosen={chosen} onDone={() => setSelected(new Set())} />
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
        closeButtonProps={{ 'aria-label': 'Close' }}
        attributes={{ header: { role: 'presentation' } }}
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

interface AdoptProps {
  readonly meshId: string;
  readonly chosen: readonly DriftRow[];
  onDone(): void;
}

/** Makes a release of what was found. */
function Adopt({ meshId, chosen, onDone }: AdoptProps) {
  const adopt = useDo(AdoptDrift);
  const navigate = useNavigate();
  const [message, setMessage] = useState('');
  const clusters = [...new Set(chosen.map(({ cluster }) => cluster))];
  const [cluster] = clusters;
  const isOne = clusters.length === 1;
  return (
    <Panel title={`Adopt ${counted(chosen.length, 'object')}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!cluster) return;
          const names = chosen.map(({ drift }) => drift.name);
          adopt.mutate(
            { input: { clusterId: cluster.id, names, message: message.trim() } },
            {
              onSuccess: ({ adoptDrift }) => {
                onDone();
                navigate(
                  `/meshes/${meshId}/configuration/releases/${adoptDrift.release.number}?tab=preview`,
                );
              },
            },
          );
        }}
      >
        <Stack gap="sm">
          <Text size="sm">
            It makes a release of what the mesh is headed for, with these objects as they were found
            in {isOne ? cluster?.name : 'the cluster'}. It is not rolled out yet: its preview is
            next.
          </Text>
          {!isOne && (
            <Alert color="orange" title="Objects of several clusters">
              Select those of one cluster: the same object may have drifted in another way in each.
            </Alert>
          )}
          <TextInput
            label="Why"
            description="For the history"
            required
            value={message}
            onChange={({ currentTarget }) => setMessage(currentTarget.value)}
          />
          <ErrorNote error={adopt.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onDone}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={adopt.isPending}
              disabled={!isOne || message.trim() === ''}
            >
              Make a release
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
