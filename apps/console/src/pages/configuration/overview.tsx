import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import { graphql, useApi, useMay } from '../../api/index.js';
import {
  Actor,
  counted,
  ErrorNote,
  Facts,
  PageHead,
  Panel,
  RolloutProgress,
  RolloutStatus,
  Time,
} from '../../parts/index.js';
import { ClusterList } from './cluster-list.js';
import { editsOf } from './draft.js';
import { FirstSteps } from './first-steps.js';
import { PolicyInWords } from './policy-choice.js';
import { ProblemList } from './problem-list.js';
import { useDraft } from './use-draft.js';
import { type HeadRollout, useHead } from './use-head.js';
import './configuration.css';

const CurrentWarnings = graphql(`
  query CurrentWarnings($id: ID!) {
    node(id: $id) {
      id
      ... on Release {
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

export default function OverviewPage() {
  const { meshId, configuration, head, open, isPending, error } = useHead();
  const mayChange = useMay('OPERATOR');
  const base = `/meshes/${meshId}/configuration`;
  const isEmpty = head === null;
  return (
    <>
      <PageHead
        title="Configuration"
        about="What the mesh runs, as a release: checked, numbered, and rolled out to the clusters in waves."
      >
        <Button component={Link} to={`${base}/edit`} variant={isEmpty ? 'default' : 'filled'}>
          {mayChange ? 'Edit' : 'See the files'}
        </Button>
        <Button component={Link} to={`${base}/intents/new`} variant="default">
          New intent
        </Button>
        <Button component={Link} to={`${base}/releases`} variant="default">
          Releases
        </Button>
        <Button component={Link} to={`${base}/drift`} variant="default">
          Drift
        </Button>
        <Button component={Link} to={`${base}/settings`} variant="default">
          Settings
        </Button>
      </PageHead>
      <Stack>
        <ErrorNote error={error} />
        {!isPending && isEmpty && <FirstSteps meshId={meshId} />}
        {open.map((rollout) => (
          <UnderWay key={rollout.id} rollout={rollout} meshId={meshId} />
        ))}
        <DraftNote />
        {configuration && !isEmpty && (
          <div className="intent-frame">
            <Current configuration={configuration} base={base} />
            <Panel
              title="How it is rolled out"
              actions={
                <Anchor component={Link} to={`${base}/settings`} size="sm">
                  Change
                </Anchor>
              }
            >
              <PolicyInWords policy={configuration.rolloutPolicy} />
            </Panel>
          </div>
        )}
        <ClusterList meshId={meshId} base={base} />
        {configuration?.currentRelease && <Warnings id={configuration.currentRelease.id} />}
      </Stack>
    </>
  );
}

function Current({
  configuration,
  base,
}: {
  readonly configuration: NonNullable<ReturnType<typeof useHead>['configuration']>;
  readonly base: string;
}) {
  const { currentRelease: release, driftPolicy } = configuration;
  return (
    <Panel title="What the mesh runs">
      {release ? (
        <Facts
          of={[
            [
              'Release',
              <Anchor
                key="release"
                component={Link}
                to={`${base}/releases/${release.number}`}
                size="sm"
                fw={600}
              >
                {release.number}
              </Anchor>,
            ],
            ['Message', release.message],
            ['By', <Actor key="by" id={release.createdBy} />],
            ['Made', <Time key="made" at={release.createdAt} />],
            ['Objects', release.objectCount],
            [
              'Drift is',
              { REVERT: 'put back', TOLERATE: 'left as it is', ADOPT: 'adopted as a release' }[
                driftPolicy
              ],
            ],
          ]}
        />
      ) : (
        <Text size="sm" c="dimmed">
          No release has been rolled out to the end yet.
        </Text>
      )}
    </Panel>
  );
}

function UnderWay({ rollout, meshId }: { readonly rollout: HeadRollout; readonly meshId: string }) {
  const to = `/meshes/${meshId}/rollouts/${rollout.id}`;
  return (
    <Panel
      title={`Rollout of release ${rollout.release.number}`}
      actions={
        <Anchor component={Link} to={to} size="sm">
          Follow it
        </Anchor>
      }
    >
      <Stack gap="xs">
        <Group gap="md">
          <RolloutStatus state={rollout.state} />
          <Text size="sm">{rollout.message}</Text>
        </Group>
        <RolloutProgress of={rollout} />
        {rollout.state === 'HALTED' && (
          <Alert color="red" icon={<IconAlertTriangle />} title={rollout.reason}>
            <Text size="sm" className="break">
              {rollout.detail}
            </Text>
          </Alert>
        )}
      </Stack>
    </Panel>
  );
}

/** There is one, begun by the same person in the same browser. */
function DraftNote() {
  const { draft, isEdited, meshId } = useDraft();
  if (!isEdited) return null;
  return (
    <Alert color="strait" title="You have a draft">
      <Group justify="space-between">
        <Text size="sm">
          {counted(editsOf(draft).length, 'file')} edited and not released, kept in this browser.
        </Text>
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            component={Link}
            to={`/meshes/${meshId}/configuration/edit`}
          >
            Go on editing
          </Button>
          <Button size="xs" component={Link} to={`/meshes/${meshId}/configuration/review`}>
            Review and release
          </Button>
        </Group>
      </Group>
    </Alert>
  );
}

function Warnings({ id }: { readonly id: string }) {
  const { data } = useApi(CurrentWarnings, { id });
  const node = data?.node;
  const warnings = node && 'warnings' in node ? node.warnings : [];
  if (warnings.length === 0) return null;
  return (
    <Panel title={`Warnings of the current release (${warnings.length})`}>
      <ProblemList problems={warnings} />
    </Panel>
  );
}
