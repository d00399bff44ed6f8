import { Alert, Button, Checkbox, Group, Radio, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { type ApiError, graphql, useDo, useMay } from '../../api/index.js';
import {
  counted,
  Empty,
  ErrorNote,
  PageHead,
  Panel,
  positionOf,
  RoleNote,
  Status,
  Waiting,
} from '../../parts/index.js';
import { BehindNote } from './behind-note.js';
import { Changes } from './changes.js';
import type { BundleProblem } from './diagnostics.js';
import { editsOf } from './draft.js';
import { PolicyChoiceFields, usePolicyChoice } from './policy-choice.js';
import { ProblemList } from './problem-list.js';
import type { ReleaseState } from './release.js';
import { StartRollout } from './start-rollout.js';
import { useCheck } from './use-check.js';
import { useDraft } from './use-draft.js';
import { useHead } from './use-head.js';
import './configuration.css';

const ApplyConfiguration = graphql(`
  mutation ApplyConfiguration($input: ApplyConfigurationInput!) {
    applyConfiguration(input: $input) {
      created
      release {
        id
        number
      }
      rollout {
        id
      }
    }
  }
`);

export default function ReviewPage() {
  const state = useDraft();
  const { meshId, draft, files, isEdited, isPending, isBehind, error } = state;
  const { configuration, open } = useHead();
  const home = `/meshes/${meshId}/configuration`;
  const check = useCheck(meshId, isPending || error || !isEdited ? undefined : files);
  const apply = useDo(ApplyConfiguration);
  const navigate = useNavigate();
  const mayApply = useMay('OPERATOR');
  const [message, setMessage] = useState('');
  const start = useDo(StartRollout);
  const [then, setThen] = useState<'out' | 'now' | 'keep'>('out');
  const isRollingOut = then !== 'keep';
  const [isMeant, setMeant] = useState(false);
  const choice = usePolicyChoice();
  if (isPending) return <Waiting>Reading the draft</Waiting>;
  const above = [
    ['Configuration', home],
    ['Editor', `${home}/edit`],
  ] as const;
  if (!isEdited && !apply.isSuccess) {
    return (
      <>
        <PageHead title="Review and release" above={above} />
        <ErrorNote error={error} />
        <Empty
          title="Nothing to release"
          action={
            <Button component={Link} to={`${home}/edit`}>
              To the editor
            </Button>
          }
        >
          The draft is as the mesh has it. Change a file, or write an intent.
        </Empty>
      </>
    );
  }
  const { result } = check;
  const isReady =
    mayApply &&
    !check.isChecking &&
    result?.valid === true &&
    message.trim() !== '' &&
    choice.isValid &&
    (!isBehind || isMeant);
  const run = async (): Promise<void> => {
    const data = await apply
      .mutateAsync({
        input: {
          meshId,
          files: files.map(({ path, content }) => ({ path, content })),
          message: message.trim(),
          rollout: then === 'out',
          policy: then === 'out' ? choice.input : undefined,
        },
      })
      .catch(() => undefined);
    if (!data) return;
    const { release } = data.applyConfiguration;
    let { rollout } = data.applyConfiguration;
    let notStarted: string | undefined;
    state.discard();
    if (then === 'now') {
      const input = { meshId, releaseId: release.id, policy: choice.input, supersede: true };
      // Refused or not, the release is there: its page says why, and is where to try again.
      const started = await start.mutateAsync({ input }).catch((error: ApiError) => error);
      if (started instanceof Error) notStarted = `${started.message} (${started.code})`;
      else rollout = started.startRollout.rollout;
    }
    navigate(
      rollout
        ? `/meshes/${meshId}/rollouts/${rollout.id}`
        : `${home}/releases/${release.number}?tab=preview`,
      { state: { notStarted } satisfies ReleaseState },
    );
  };
  const [first] = open;
  const refused = (apply.error?.details.problems ?? []) as readonly BundleProblem[];
  return (
    <>
      <PageHead
        title="Review and release"
        above={above}
        about="A release never changes. It is tried by dry runs in the clusters before anything is written."
      />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) void run();
        }}
      >
        <Stack>
          <ErrorNote error={error} />
          <RoleNote needs="OPERATOR" what="Releasing configuration" />
          <BehindNote of={state} />
          <Panel
            title={`Changes${result ? ` (${result.changes.length})` : ''}`}
            actions={
              <div aria-live="polite" className="panel-note">
                {check.isChecking ? (
                  <Status tone="busy">Checking</Status>
                ) : result?.valid ? (
                  <Status tone="ok">Can be released</Status>
                ) : (
                  <Status tone="bad">Cannot be released</Status>
                )}
              </div>
            }
          >
            <Stack gap="sm">
              <Text size="sm" c="dimmed">
                {counted(editsOf(draft).length, 'file')} edited:{' '}
                {editsOf(draft).slice(0, 10).join(', ')}. The objects of all of them, against what
                the mesh is headed for:
              </Text>
              <ErrorNote error={check.error} />
              {result && result.problems.length > 0 && <ProblemList problems={result.problems} />}
              {result?.valid && result.changes.length === 0 && (
                <Text size="sm">No object changes: only the files are other ones.</Text>
              )}
              {result && <Changes changes={result.changes} />}
            </Stack>
          </Panel>
          <Panel title="Release">
            <Stack>
              <Textarea
                label="Message"
                description="Why, for the history"
                required
                autosize
                minRows={2}
                value={message}
                onChange={({ currentTarget }) => setMessage(currentTarget.value)}
              />
              <Radio.Group
                label="And then"
                value={then}
                onChange={(value) => setThen(value as typeof then)}
              >
                <Stack gap="sm" mt={6}>
                  <Radio
                    value="out"
                    label="Roll it out"
                    description={
                      first
                        ? `When its turn comes: release ${first.release.number} is before it (${positionOf(first)})`
                        : 'Wave after wave, from now on'
                    }
                  />
                  {first && (
                    <Radio
                      value="now"
                      label={`Roll it out at once, and abort that of release ${first.release.number}`}
                      description="Clusters that have that release keep it until this one comes to them"
                    />
                  )}
                  <Radio
                    value="keep"
                    label="Only make it, and see what would become of each cluster"
                    description="The preview is next; it is rolled out from there, or not"
                  />
                </Stack>
              </Radio.Group>
              {isRollingOut && configuration && (
                <PolicyChoiceFields of={choice} policy={configuration.rolloutPolicy} />
              )}
              {isBehind && (
                <Checkbox
                  label={`Take back what release ${state.head?.number} changed`}
                  description="Otherwise bring the draft onto it first"
                  checked={isMeant}
                  onChange={({ currentTarget }) => setMeant(currentTarget.checked)}
                />
              )}
              <ErrorNote error={apply.error}>
                {refused.length > 0 && (
                  <Text size="sm" mt="xs">
                    {counted(refused.length, 'problem')}, the first: {refused[0]?.message}
                  </Text>
                )}
              </ErrorNote>
              {message.trim() === '' && result?.valid && (
                <Alert color="strait" variant="light">
                  Write a message to go on.
                </Alert>
              )}
              <Group justify="flex-end" gap="xs">
                <Button variant="default" component={Link} to={`${home}/edit`}>
                  Back to the editor
                </Button>
                <Button
                  type="submit"
                  loading={apply.isPending || start.isPending}
                  disabled={!isReady}
                >
                  {isRollingOut ? 'Release and roll out' : 'Make the release'}
                </Button>
              </Group>
            </Stack>
          </Panel>
        </Stack>
      </form>
    </>
  );
}
