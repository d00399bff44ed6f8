import { Anchor, Button, Text } from '@mantine/core';
import { Link } from 'react-router';
import { graphql, useMay, useRows } from '../../api/index.js';
import { Empty, RoleNote, Rows, Time } from '../../parts/index.js';
import { upgradeStates } from './stages.js';
import { PlannedBy, UpgradeStatus } from './upgrade-status.js';

const Upgrades = graphql(`
  query Upgrades($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      upgrades(first: $first, after: $after) {
        edges {
          node {
            id
            toVersion
            state
            source
            message
            wave
            waveCount
            reason
            createdBy
            createdAt
            startedAt
            finishedAt
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

/** All upgrades of a mesh, the newest first. */
export function UpgradeList({ meshId }: { readonly meshId: string }) {
  const rows = useRows(Upgrades, { meshId }, (data) => data.mesh.upgrades);
  const mayPlan = useMay('OPERATOR');
  return (
    <Rows
      label="Upgrades"
      of={rows}
      keyOf={({ id }) => id}
      facets={[{ key: 'state', label: 'Any state', value: ({ state }) => upgradeStates[state][1] }]}
      columns={[
        {
          key: 'version',
          title: 'To',
          width: 'minmax(160px, 1.6fr)',
          value: ({ toVersion, message }) => `${toVersion} ${message}`,
          cell: ({ id, toVersion, message }) => (
            <>
              <Anchor component={Link} to={id} size="sm" fw={600} display="block">
                Istio {toVersion}
              </Anchor>
              {message && (
                <Text size="xs" c="dimmed" lineClamp={1}>
                  {message}
                </Text>
              )}
            </>
          ),
        },
        {
          key: 'standing',
          title: 'State',
          width: '150px',
          value: ({ state }) => upgradeStates[state][1],
          cell: ({ state }) => <UpgradeStatus state={state} />,
        },
        {
          key: 'waves',
          title: 'Waves',
          width: 'minmax(130px, 1fr)',
          value: ({ wave, waveCount }) => wave / Math.max(1, waveCount),
          cell: ({ state, wave, waveCount, reason }) =>
            `${wavesInWords(state, wave, waveCount)}${reason ? `: ${reason}` : ''}`,
        },
        {
          key: 'by',
          title: 'Planned by',
          value: ({ source }) => source,
          cell: (upgrade) => <PlannedBy of={upgrade} />,
        },
        {
          key: 'planned',
          title: 'Planned',
          value: ({ createdAt }) => createdAt,
          cell: ({ createdAt }) => <Time at={createdAt} />,
        },
        {
          key: 'began',
          title: 'Began',
          value: ({ startedAt }) => startedAt,
          cell: ({ startedAt }) => (startedAt ? <Time at={startedAt} /> : 'not yet'),
        },
        {
          key: 'ended',
          title: 'Ended',
          value: ({ finishedAt }) => finishedAt,
          cell: ({ finishedAt }) => (finishedAt ? <Time at={finishedAt} /> : 'not yet'),
        },
      ]}
      empty={
        <Empty
          title="No upgrade yet"
          action={
            mayPlan && (
              <Button component={Link} to="new">
                Plan the first one
              </Button>
            )
          }
        >
          <p>
            A plan says what an upgrade would do and what stands in its way. Nothing changes in any
            cluster before it is started.
          </p>
          <RoleNote needs="OPERATOR" what="Planning upgrades" />
        </Empty>
      }
    />
  );
}

function wavesInWords(state: string, wave: number, waveCount: number): string {
  const isBefore = state === 'PLANNED' || state === 'AWAITING_APPROVAL' || state === 'REJECTED';
  if (isBefore) return `${waveCount} planned`;
  return wave >= waveCount ? `all ${waveCount} through` : `${wave + 1} of ${waveCount}`;
}
