import { Alert, Tabs, Text } from '@mantine/core';
import { Link, useLocation, useParams, useSearchParams } from 'react-router';
import { graphql, useApi, useMay, useRows } from '../../api/index.js';
import {
  Actor,
  counted,
  Empty,
  ErrorNote,
  PageHead,
  Panel,
  RoleNote,
  RolloutStatus,
  Status,
  sentence,
  Time,
  Waiting,
} from '../../parts/index.js';
import { ProblemList } from './problem-list.js';
import { Releases } from './queries.js';
import { ReleaseChanges } from './release-changes.js';
import { ReleaseFiles } from './release-files.js';
import { ReleaseObjects } from './release-objects.js';
import { ReleasePreview } from './release-preview.js';
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

/** What goes with the address from where a release was just made. */
export interface ReleaseState {
  /** Why it is not rolled out, although somebody wanted it. */
  readonly notStarted: string | undefined;
}

export default function ReleasePage() {
  const { meshId = '', number = '' } = useParams();
  const base = `/meshes/${meshId}/configuration`;
  const releases = useRows(Releases, { meshId }, (data) => data.mesh.releases);
  const release = releases.rows.find((row) => String(row.number) === number);
  const { configuration, open } = useHead();
  const mayRollOut = useMay('OPERATOR');
  const { notStarted } = (useLocation().state ?? {}) as Partial<ReleaseState>;
  const [params, setParams] = useSearchParams();
  const head = useApi(ReleaseHead, { id: release?.id ?? '' }, { enabled: !!release });
  const above = [
    ['Configuration', base],
    ['Releases', `${base}/releases`],
  ] as const;
  if (!release) {
    if (releases.isPending || releases.isLoadingMore) return <Waiting>Reading the release</Waiting>;
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
        {rolling && (
          <Link to={`/meshes/${meshId}/rollouts/${rolling.id}`} className="plain">
            <RolloutStatus state={rolling.state} />
          </Link>
        )}
        <StartRolloutButton release={release} isDisabled={!mayRollOut || !!rolling} />
      </PageHead>
      <RoleNote needs="OPERATOR" what="Rolling out a release" />
      {notStarted && !rolling && (
        <Alert color="orange" mb="md" role="alert" title="It is made, and not rolled out">
          {sentence(notStarted)} Roll it out from here when that is settled.
        </Alert>
      )}
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
          <ReleaseChanges
            id={release.id}
            number={release.number}
            others={releases.rows
              .map((row) => row.number)
              .filter((other) => other !== release.number)}
          />
        </Tabs.Panel>
        <Tabs.Panel value="preview">
          <ReleasePreview id={release.id} />
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
