import { Anchor, Button } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { ReleaseSource } from '../../api/generated/graphql.js';
import { useRows } from '../../api/index.js';
import {
  Actor,
  Empty,
  PageHead,
  RolloutStatus,
  Rows,
  rolloutWord,
  Status,
  Time,
} from '../../parts/index.js';
import { Releases } from './queries.js';
import { useHead } from './use-head.js';

export const sourceWords: Readonly<Record<ReleaseSource, string>> = {
  APPLY: 'Applied',
  DRIFT: 'Adopted drift',
  INVENTORY: 'A cluster’s inventory',
};

export default function ReleasesPage() {
  const { meshId = '' } = useParams();
  const base = `/meshes/${meshId}/configuration`;
  const rows = useRows(Releases, { meshId }, (data) => data.mesh.releases);
  const { configuration, head, open } = useHead();
  const standing = (id: string): string => {
    const rollout = open.find(({ release }) => release.id === id);
    if (rollout) return rolloutWord(rollout.state);
    if (id === configuration?.currentRelease?.id) return 'Current';
    return id === head?.id ? 'Made, not rolled out' : 'Earlier';
  };
  return (
    <>
      <PageHead
        title="Releases"
        about="Every version of the mesh’s configuration. None ever changes; any can be rolled out again."
        above={[['Configuration', base]]}
      />
      <Rows
        label="Releases"
        of={rows}
        keyOf={({ id }) => id}
        facets={[
          { key: 'source', label: 'Any source', value: ({ source }) => sourceWords[source] },
        ]}
        columns={[
          {
            key: 'number',
            title: 'Release',
            width: '90px',
            value: ({ number }) => number,
            cell: ({ number }) => (
              <Anchor component={Link} to={`${base}/releases/${number}`} size="sm" fw={600}>
                {number}
              </Anchor>
            ),
          },
          {
            key: 'message',
            title: 'Message',
            width: 'minmax(180px, 3fr)',
            value: ({ message }) => message,
            cell: ({ message }) => message,
          },
          {
            key: 'standing',
            title: 'State',
            width: 'minmax(150px, 1.2fr)',
            value: ({ id }) => standing(id),
            cell: ({ id }) => {
              const rollout = open.find(({ release }) => release.id === id);
              if (rollout) return <RolloutStatus state={rollout.state} />;
              const isCurrent = id === configuration?.currentRelease?.id;
              return <Status tone={isCurrent ? 'ok' : 'idle'}>{standing(id)}</Status>;
            },
          },
          {
            key: 'objects',
            title: 'Objects',
            width: '90px',
            value: ({ objectCount }) => objectCount,
            cell: ({ objectCount }) => objectCount,
          },
          {
            key: 'source',
            title: 'Source',
            value: ({ source }) => sourceWords[source],
            cell: ({ source }) => sourceWords[source],
          },
          { key: 'by', title: 'By', cell: ({ createdBy }) => <Actor id={createdBy} /> },
          {
            key: 'when',
            title: 'When',
            value: ({ createdAt }) => createdAt,
            cell: ({ createdAt }) => <Time at={createdAt} />,
          },
        ]}
        empty={
          <Empty
            title="No release yet"
            action={
              <Button component={Link} to={`${base}/edit`}>
                Write configuration
              </Button>
            }
          >
            Write some, or import what a cluster has: each time you release it, it is kept here.
          </Empty>
        }
      />
    </>
  );
}
