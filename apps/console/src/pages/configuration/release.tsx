import { Group, Loader, NativeSelect, Stack, Tabs, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { graphql, useApi, useMay, useRows } from '../../api/index.js';
import {
  Actor,
  counted,
  Diff,
  Empty,
  ErrorNote,
  PageHead,
  Panel,
  RoleNote,
  Status,
  Time,
} from '../../parts/index.js';
import { Changes, Fold } from './changes.js';
import { ProblemList } from './problem-list.js';
import { Releases } from './queries.js';
import { ReleaseFiles } from './release-files.js';
import { ReleaseObjects } from './release-objects.js';
import { sourceWords } from './releases.js';
import { StartRolloutButton } from './start-rollout.js';
import { useHead } from './use-head.js';
import './configuration.css';

const ReleaseHead = graphql(`
  query ReleaseHead($id: ID!) {
    node(id: $id) {
      id
      ... on Release {
        digest
        warnings {
          code
          severity
          message
          remedy
          path
          line
          object
        }
      }
    }
  }
`);

const ReleaseChanges = graphql(`
  query ReleaseChanges($id: ID!, $from: Int, $first: Int, $after: String) {
    node(id: $id) {
      id
      ... on Release {
        changes(from: $from, first: $first, after: $after) {
          edges {
            node {
              name
              change
              diff
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);

const ReleasePreview = graphql(`
  query ReleasePreview($id: ID!, $first: Int, $after: String) {
    node(id: $id) {
      id
      ... on Release {
        preview(first: $first, after: $after) {
          edges {
            node {
              added
              changed
              removed
              from
              diff
              cluster {
                id
                name
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
  }
`);

const none = { edges: [], pageInfo: { hasNextPage: false } } as const;

export default function ReleasePage() {
  const { meshId = '', number = '' } = useParams();
  const base = `/meshes/${meshId}/configuration`;
  const releases = useRows(Releases, { meshId }, (data) => data.mesh.releases);
  const release = releases.rows.find((row) => String(row.number) === number);
  const { configuration, open } = useHead();
  const mayRollOut = useMay('OPERATOR');
  const [params, setParams] = useSearchParams();
  const head = useApi(ReleaseHead, { id: release?.id ?? '' }, { enabled: !!release });
  const above = [
    ['Configuration', base],
    ['Releases', `${base}/releases`],
  ] as const;
  if (!release) {
    if (releases.isPending || releases.isLoadingMore)
      return <Loader aria-label="Loading the release" />;
    return (
      <>
        <PageHead title={`Release ${number}`} above={above} />
        <ErrorNote error={releases.error} />
        {!releases.error && (
          <Empty title="There is no such release">
            The numbers of releases count from 1; see the list of all of them.
          </Empty>
        )}
      </>
    );
  }
  const node = head.data?.node;
  const warnings = node && 'warnings' in node ? node.warnings : [];
  const isCurrent = configuration?.currentRelease?.id === release.id;
  const rolling = open.find((rollout) => rollout.release.id === release.id);
  const tab = params.get('tab') ?? 'changes';
  return (
    <>
      <PageHead
        title={`Release ${release.number}`}
        above={above}
        about={
          <>
            {release.message} · <Actor id={release.createdBy} />, <Time at={release.createdAt} /> ·{' '}
            {sourceWords[release.source]} · {counted(release.objectCount, 'object')}
          </>
        }
      >
        {isCurrent && !rolling && <Status tone="ok">The mesh runs it</Status>}
        {rolling && <Status tone="busy">Rolling out</Status>}
        <StartRolloutButton release={release} isDisabled={!mayRollOut || !!rolling} />
      </PageHead>
      <RoleNote needs="OPERATOR" what="Rolling out a release" />
      <Tabs
        value={tab}
        onChange={(value) =>
          setParams(value === 'changes' || value === null ? {} : { tab: value }, { replace: true })
        }
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="changes">Changes</Tabs.Tab>
          <Tabs.Tab value="preview">Per cluster</Tabs.Tab>
          <Tabs.Tab value="objects">Objects</Tabs.Tab>
          <Tabs.Tab value="files">Files</Tabs.Tab>
          <Tabs.Tab value="warnings">
            Warnings{warnings.length > 0 && ` (${warnings.length})`}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="changes">
          <ChangesTab
            id={release.id}
            number={release.number}
            others={releases.rows
              .map((row) => row.number)
              .filter((other) => other !== release.number)}
          />
        </Tabs.Panel>
        <Tabs.Panel value="preview">
          <PreviewTab id={release.id} />
        </Tabs.Panel>
        <Tabs.Panel value="objects">
          <ReleaseObjects id={release.id} />
        </Tabs.Panel>
        <Tabs.Panel value="files">
          <ReleaseFiles id={release.id} number={release.number} />
        </Tabs.Panel>
        <Tabs.Panel value="warnings">
          <Panel title="Warnings">
            <ErrorNote error={head.error} />
            {warnings.length > 0 ? (
              <ProblemList problems={warnings} />
            ) : (
              <Text c="dimmed" size="sm">
                Nothing looked wrong when it was made.
              </Text>
            )}
          </Panel>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

interface ChangesTabProps {
  readonly id: string;
  readonly number: number;
  readonly others: readonly number[];
}

function ChangesTab({ id, number, others }: ChangesTabProps) {
  const [params, setParams] = useSearchParams();
  const chosen = params.get('from');
  const before = others.find((other) => other < number);
  const from = chosen === null ? undefined : Number(chosen);
  const { rows, isPending, error } = useRows(ReleaseChanges, { id, from }, ({ node }) =>
    node && 'changes' in node ? node.changes : none,
  );
  return (
    <Panel
      title="Changes"
      actions={
        others.length > 0 && (
          <NativeSelect
            aria-label="Compared with"
            value={String(from ?? before ?? '')}
            onChange={({ currentTarget: { value } }) =>
              setParams(
                (old) => {
                  const next = new URLSearchParams(old);
                  if (value === String(before ?? '')) next.delete('from');
                  else next.set('from', value);
                  return next;
                },
                { replace: true },
              )
            }
            data={[
              ...(before === undefined ? [{ value: '', label: 'Against nothing' }] : []),
              ...others.map((other) => ({
                value: String(other),
                label: `Against release ${other}${other === before ? ', the one before' : ''}`,
              })),
            ]}
          />
        )
      }
    >
      <ErrorNote error={error} />
      {isPending && !error && <Waiting what="the changes" />}
      {!isPending && rows.length === 0 && (
        <Text c="dimmed" size="sm">
          The objects are the same.
        </Text>
      )}
      <Changes changes={rows} />
    </Panel>
  );
}

function PreviewTab({ id }: { readonly id: string }) {
  const { rows, isPending, error } = useRows(ReleasePreview, { id }, ({ node }) =>
    node && 'preview' in node ? node.preview : none,
  );
  return (
    <Panel title="What would become of each cluster">
      <Text size="sm" c="dimmed" mb="sm">
        Against what each runs now, drift that the mesh tolerates included.
      </Text>
      <ErrorNote error={error} />
      {isPending && !error && <Waiting what="the preview" />}
      {!isPending && rows.length === 0 && !error && (
        <Empty title="The mesh has no clusters yet">
          Join one, and it gets what the mesh runs.
        </Empty>
      )}
      <Stack gap={6}>
        {rows.map(({ cluster, added, changed, removed, from, diff }) => {
          const sum = added + changed + removed;
          return (
            <Fold
              key={cluster.id}
              isOpen={rows.length <= 2 && sum > 0}
              title={
                <>
                  <Text component="span" size="sm" fw={600}>
                    {cluster.name}
                  </Text>
                  <Text component="span" size="sm" c="dimmed">
                    {typeof from === 'number' ? `runs release ${from}` : 'runs no release'}
                  </Text>
                  <Text component="span" size="sm">
                    {sum === 0 ? 'nothing changes' : amounts(added, changed, removed)}
                  </Text>
                </>
              }
            >
              <Diff diff={diff} label={`Changes in ${cluster.name}`} />
            </Fold>
          );
        })}
      </Stack>
    </Panel>
  );
}

function amounts(added: number, changed: number, removed: number): string {
  return [
    [added, 'added'],
    [changed, 'changed'],
    [removed, 'removed'],
  ]
    .flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`]))
    .join(', ');
}

export function Waiting({ what }: { readonly what: ReactNode }) {
  return (
    <Group gap="xs" role="status">
      <Loader size="sm" aria-hidden />
      <Text size="sm" c="dimmed">
        Reading {what}
      </Text>
    </Group>
  );
}
