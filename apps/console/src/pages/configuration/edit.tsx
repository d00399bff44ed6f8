import { Alert, Anchor, Button, Group, Loader, NativeSelect, Stack, Text } from '@mantine/core';
import { lazy, Suspense, useId, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useApi, useMay } from '../../api/index.js';
import {
  Confirm,
  counted,
  Empty,
  ErrorNote,
  PageHead,
  Panel,
  RoleNote,
  Status,
  Waiting,
} from '../../parts/index.js';
import { BehindNote } from './behind-note.js';
import { Changes } from './changes.js';
import { type BundleProblem, marksOf } from './diagnostics.js';
import { editsOf, removeFile, renameFile, type SourceFile, writeFile } from './draft.js';
import { FileTree } from './file-tree.js';
import { intentsIn } from './intents/document.js';
import { LeaveGuard } from './leave-guard.js';
import { PathDialog } from './path-dialog.js';
import { ProblemList } from './problem-list.js';
import { ConfigurationKinds } from './queries.js';
import { useCheck } from './use-check.js';
import { useDraft } from './use-draft.js';
import { documentsOf, withDocument } from './yaml-documents.js';
import './configuration.css';

const YamlEditor = lazy(() => import('./yaml-editor.js'));

const noProblems: readonly BundleProblem[] = [];

export default function EditPage() {
  const state = useDraft();
  const { meshId, draft, base, files, isEdited, isPending, isKept, error } = state;
  const mayWrite = useMay('OPERATOR');
  const [params, setParams] = useSearchParams();
  const [target, setTarget] = useState<{ readonly path: string; readonly line: number }>();
  const keys = useId();
  const check = useCheck(meshId, isPending || error ? undefined : files);
  const kinds = useApi(ConfigurationKinds, {});
  const known = kinds.data?.configurationKinds ?? [];
  const problems = check.result?.problems ?? noProblems;
  const path = params.get('file') ?? '';
  const file = files.find((each) => each.path === path) ?? files[0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: marks stay on what they were found in until it is checked again
  const marks = useMemo(
    () => (file ? marksOf(problems, file.path, file.content) : []),
    [problems, file?.path],
  );
  const home = `/meshes/${meshId}/configuration`;
  const errors = problems.filter(({ severity }) => severity === 'ERROR').length;

  const open = (next: string): void =>
    setParams({ file: next }, { replace: true, preventScrollReset: true });
  const go = (next: string, line: number): void => {
    open(next);
    setTarget({ path: next, line });
  };
  const write = (next: string, content: string): void =>
    state.set(writeFile(draft, base, next, content));
  const insert = (text: string): void => {
    if (!file) return;
    const content = withDocument(file.content, text.endsWith('\n') ? text : `${text}\n`);
    write(file.path, content);
    const at = documentsOf(content).at(-1)?.from ?? 0;
    go(file.path, content.slice(0, at).split('\n').length);
  };
  const rename = (to: string): void => {
    if (!file) return;
    state.set(renameFile(draft, base, file.path, to));
    open(to);
  };

  if (isPending) return <Waiting>Reading the files</Waiting>;
  return (
    <>
      <PageHead
        title="Editor"
        above={[['Configuration', home]]}
        about={
          draft.base
            ? `The files of release ${draft.base.number}, and your edits. Nothing reaches a cluster before you release it.`
            : 'The first files of the mesh. Nothing reaches a cluster before you release it.'
        }
      >
        <Button component={Link} to={`${home}/intents/new`} variant="default">
          New intent
        </Button>
        <Confirm
          label="Discard draft"
          title="Discard the draft?"
          confirmLabel="Discard it"
          disabled={!isEdited}
          onConfirm={async () => state.discard()}
        >
          <p>
            Your edits to {counted(editsOf(draft).length, 'file')} are gone then:{' '}
            {editsOf(draft).slice(0, 8).join(', ')}.
          </p>
        </Confirm>
        {mayWrite && isEdited ? (
          <Button component={Link} to={`${home}/review`}>
            Release…
          </Button>
        ) : (
          <Button disabled>Release…</Button>
        )}
      </PageHead>
      <Stack>
        <ErrorNote error={error} />
        <RoleNote needs="OPERATOR" what="Editing configuration" />
        <BehindNote of={state} />
        {!isKept && (
          <Alert color="orange" title="The draft is too large for this browser to keep">
            It is lost when you leave or reload the page. Release it, or keep it in files of your
            own.
          </Alert>
        )}
        <LeaveGuard
          isOn={isEdited && !isKept}
          title="Leave the editor?"
          keeps={(pathname) => pathname.endsWith('/review')}
        >
          Your edits are kept only as long as this tab is open and not reloaded.
        </LeaveGuard>
        <div className="editor-frame">
          <nav className="file-tree" aria-label="Files">
            <FileTree
              files={files}
              base={base}
              removed={draft.removed}
              problems={problems}
              shown={file?.path}
              onOpen={open}
              onRestore={(gone) => {
                const before = base.find((each) => each.path === gone);
                if (before) write(gone, before.content);
              }}
            />
          </nav>
          <Stack gap="sm" miw={0}>
            <NativeSelect
              className="file-select"
              label="File"
              value={file?.path ?? ''}
              onChange={({ currentTarget }) => open(currentTarget.value)}
              data={files.map((each) => ({ value: each.path, label: each.path }))}
            />
            <Group gap="xs" justify="space-between">
              <Text size="sm" ff="monospace" fw={600} className="break">
                {file?.path}
              </Text>
              {mayWrite && (
                <Group gap="xs">
                  <PathDialog
                    label="New file"
                    confirmLabel="Add it"
                    files={files}
                    onDone={(next) => {
                      write(next, '');
                      open(next);
                    }}
                  />
                  {file && (
                    <>
                      <PathDialog
                        label="Rename"
                        confirmLabel="Rename it"
                        initial={file.path}
                        files={files}
                        onDone={rename}
                      />
                      <DeleteFile
                        path={file.path}
                        isReleased={base.some((each) => each.path === file.path)}
                        onDelete={() => {
                          state.set(removeFile(draft, base, file.path));
                          setParams({}, { replace: true });
                        }}
                      />
                    </>
                  )}
                </Group>
              )}
            </Group>
            {file ? (
              <>
                <Suspense fallback={<Loader aria-label="Loading the editor" />}>
                  <YamlEditor
                    path={file.path}
                    value={file.content}
                    marks={marks}
                    kinds={known}
                    isReadOnly={!mayWrite}
                    target={target}
                    describedBy={keys}
                    onChange={write}
                  />
                </Suspense>
                <Group justify="space-between" gap="xs">
                  <Text size="xs" c="dimmed" id={keys}>
                    Ctrl-Space completes. Tab indents; Esc and then Tab leaves the editor.
                  </Text>
                  {mayWrite && known.length > 0 && (
                    <NativeSelect
                      size="xs"
                      aria-label="Insert an example"
                      value=""
                      onChange={({ currentTarget }) => {
                        const kind = known.find(
                          (each) => `${each.apiVersion} ${each.kind}` === currentTarget.value,
                        );
                        if (kind) insert(kind.example);
                      }}
                      data={examplesOf(known)}
                    />
                  )}
                </Group>
                <FormLinks file={file} home={home} />
              </>
            ) : (
              <Empty title="No files yet">
                Add a file such as shop/routes.yaml, or begin with an{' '}
                <Anchor component={Link} to={`${home}/intents/new`} size="sm" underline="always">
                  intent
                </Anchor>
                .
              </Empty>
            )}
            <Panel
              title="Problems"
              actions={
                <div aria-live="polite" className="panel-note">
                  {check.isChecking ? (
                    <Status tone="busy">Checking</Status>
                  ) : check.result?.valid ? (
                    <Status tone="ok">
                      Can be released: {counted(check.result.objectCount, 'object')}
                    </Status>
                  ) : check.result ? (
                    <Status tone="bad">{counted(errors, 'error')}</Status>
                  ) : null}
                </div>
              }
            >
              <ErrorNote error={check.error} />
              {problems.length > 0 ? (
                <ProblemList problems={problems} onGo={go} />
              ) : (
                <Text size="sm" c="dimmed">
                  {check.result ? 'Nothing is wrong, and nothing looks wrong.' : 'Not checked yet.'}
                </Text>
              )}
            </Panel>
            {check.result && (
              <Panel title={`What it would change (${check.result.changes.length})`}>
                {check.result.changes.length === 0 ? (
                  <Text size="sm" c="dimmed">
                    {check.result.valid
                      ? 'Nothing: the objects are as the mesh has them.'
                      : 'Not known before the errors are mended.'}
                  </Text>
                ) : (
                  <Changes changes={check.result.changes} />
                )}
              </Panel>
            )}
          </Stack>
        </div>
      </Stack>
    </>
  );
}

interface DeleteFileProps {
  readonly path: string;
  /** Whether the release has it, from which it can be restored. */
  readonly isReleased: boolean;
  onDelete(): void;
}

function DeleteFile({ path, isReleased, onDelete }: DeleteFileProps) {
  if (isReleased) {
    return (
      <Button size="xs" variant="default" onClick={onDelete}>
        Delete
      </Button>
    );
  }
  return (
    <Confirm
      size="xs"
      label="Delete"
      title={`Delete ${path}?`}
      confirmLabel="Delete it"
      onConfirm={async () => onDelete()}
    >
      <p>No release has it yet: its text is gone then.</p>
    </Confirm>
  );
}

const familyWords = { INTENT: 'Intents', ISTIO: 'Istio', GATEWAY_API: 'Gateway API' } as const;

function examplesOf(
  kinds: readonly { apiVersion: string; kind: string; family: keyof typeof familyWords }[],
) {
  const groups = (Object.keys(familyWords) as (keyof typeof familyWords)[]).map((family) => ({
    group: familyWords[family],
    items: kinds
      .filter((kind) => kind.family === family)
      .map(({ apiVersion, kind }) => ({ value: `${apiVersion} ${kind}`, label: kind })),
  }));
  return [
    { value: '', label: 'Insert an example…' },
    ...groups.filter(({ items }) => items.length > 0),
  ];
}

/** Intents of the file that a form can show. */
function FormLinks({ file, home }: { readonly file: SourceFile; readonly home: string }) {
  const intents = useMemo(() => intentsIn(file.path, file.content), [file]);
  if (intents.length === 0) return null;
  return (
    <Group gap="md">
      {intents.map(({ document, kind, namespace, name, form }) =>
        form ? (
          <Anchor
            key={document}
            component={Link}
            size="sm"
            to={`${home}/intents/new?file=${encodeURIComponent(file.path)}&document=${document}`}
          >
            {kind} {namespace}/{name} as a form
          </Anchor>
        ) : (
          <Text key={document} size="sm" c="dimmed">
            {kind} {namespace}/{name} says more than its form can
          </Text>
        ),
      )}
    </Group>
  );
}
