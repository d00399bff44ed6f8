import { Alert, Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useMay } from '../../../api/index.js';
import {
  CopyCode,
  ErrorNote,
  PageHead,
  Panel,
  RoleNote,
  Status,
  Waiting,
} from '../../../parts/index.js';
import { Changes } from '../changes.js';
import { filesOf, pathFault, writeFile } from '../draft.js';
import { LeaveGuard } from '../leave-guard.js';
import { ProblemList } from '../problem-list.js';
import { useCheck } from '../use-check.js';
import { useDraft } from '../use-draft.js';
import { withDocument, withDocumentAt } from '../yaml-documents.js';
import { type FoundIntent, type IntentForm, intentsIn, toYaml, usualPath } from './document.js';
import { FieldInputs } from './field-inputs.js';
import { KindChoice } from './kind-choice.js';
import { intentKind, newValues } from './kinds.js';
import '../configuration.css';

export default function IntentPage() {
  const state = useDraft();
  const { meshId, files, isPending, error } = state;
  const [params] = useSearchParams();
  const home = `/meshes/${meshId}/configuration`;
  const above = [
    ['Configuration', home],
    ['New intent', `${home}/intents/new`],
  ] as const;
  const kind = intentKind(params.get('kind'));
  const path = params.get('file');
  const document = Number(params.get('document') ?? 0);
  const file = files.find((each) => each.path === path);
  const found = useMemo(
    () => file && intentsIn(file.path, file.content).find((each) => each.document === document),
    [file, document],
  );
  if (path === null && !kind) return <KindChoice home={home} />;
  if (isPending) return <Waiting>Reading the files</Waiting>;
  if (path !== null) {
    if (!found?.form) {
      return (
        <>
          <PageHead title="Intent" above={above} />
          <ErrorNote error={error} />
          <Alert
            color="orange"
            title={
              found
                ? `Its form cannot say all that ${found.kind} ${found.namespace}/${found.name} does`
                : 'There is no such intent'
            }
          >
            <Anchor
              component={Link}
              to={`${home}/edit?file=${encodeURIComponent(path)}`}
              size="sm"
              underline="always"
            >
              Open {path} in the editor
            </Anchor>
          </Alert>
        </>
      );
    }
    return (
      <IntentEditor
        key={`${path} ${document}`}
        state={state}
        initial={found.form}
        existing={found}
        above={above}
      />
    );
  }
  if (!kind) return null;
  const initial: IntentForm = {
    kind,
    name: '',
    namespace: params.get('namespace') ?? (kind.kind === 'AccessDefault' ? 'istio-system' : ''),
    clusters: '',
    spec: {
      ...newValues(kind),
      ...(params.get('service') && { service: params.get('service') ?? '' }),
    },
  };
  return <IntentEditor key={kind.kind} state={state} initial={initial} above={above} />;
}

interface IntentEditorProps {
  readonly state: ReturnType<typeof useDraft>;
  readonly initial: IntentForm;
  readonly existing?: FoundIntent;
  readonly above: readonly (readonly [string, string])[];
}

function IntentEditor({ state, initial: given, existing, above }: IntentEditorProps) {
  const { meshId, draft, base, files, error } = state;
  const navigate = useNavigate();
  const mayWrite = useMay('OPERATOR');
  // What is read again while somebody types is another object, and no edit of theirs.
  const [initial] = useState(given);
  const [form, setForm] = useState(initial);
  const [typedPath, setPath] = useState<string>();
  const [isTaken, setTaken] = useState(false);
  const { kind } = form;
  const yaml = useMemo(() => toYaml(form), [form]);
  const path = existing?.path ?? typedPath ?? usualPath(form);
  const isChanged = form !== initial && !isTaken;
  const mayTake = mayWrite && (!existing || isChanged);
  const next = useMemo(() => {
    const content = files.find((file) => file.path === path)?.content ?? '';
    const text = existing
      ? withDocumentAt(content, existing.document, yaml)
      : withDocument(content, yaml);
    return writeFile(draft, base, path, text);
  }, [draft, base, files, path, yaml, existing]);
  const bundle = useMemo(() => filesOf(base, next), [base, next]);
  const isNamed = form.name !== '' && form.namespace !== '';
  const check = useCheck(meshId, isNamed && !isTaken ? bundle : undefined);
  const before = useCheck(meshId, isNamed && !isTaken ? files : undefined);
  const fault = existing ? undefined : pathFault(path, []);
  // What others change in the draft is not this intent's.
  const known = new Map(before.result?.changes.map(({ name, diff }) => [name, diff]));
  const changes = (check.result?.changes ?? []).filter(
    ({ name, diff }) => known.get(name) !== diff,
  );
  const label = `${kind.kind} ${form.namespace}/${form.name}`;
  const own = (check.result?.problems ?? []).filter(
    (problem) => problem.object === label || problem.path === path || problem.severity === 'ERROR',
  );
  const take = (to: string): void => {
    setTaken(true);
    state.set(next);
    // After the guard has seen that nothing is left behind.
    setTimeout(() => navigate(to));
  };
  const home = `/meshes/${meshId}/configuration`;
  return (
    <>
      <PageHead
        title={existing ? `${kind.title}: ${initial.namespace}/${initial.name}` : kind.title}
        about={`${kind.question}.`}
        above={above}
      >
        {existing && (
          <Button
            component={Link}
            variant="default"
            to={`${home}/edit?file=${encodeURIComponent(path)}`}
          >
            As YAML
          </Button>
        )}
      </PageHead>
      <LeaveGuard isOn={isChanged} title="Leave the form?">
        What you filled in is not in the draft yet, and is gone then.
      </LeaveGuard>
      <ErrorNote error={error} mb="md" />
      <RoleNote needs="OPERATOR" what="Writing intents" />
      <div className="intent-frame">
        <Stack>
          <Panel title="How it behaves">
            <ul className="in-words">
              {kind.notes.map((note) => (
                <li key={note}>
                  <Text size="sm">{note}</Text>
                </li>
              ))}
            </ul>
          </Panel>
          <Panel title="Intent">
            <Stack gap="sm">
              <div className="intent-two">
                <TextInput
                  label="Name"
                  placeholder="payments"
                  required
                  value={form.name}
                  onChange={({ currentTarget }) => setForm({ ...form, name: currentTarget.value })}
                />
                <TextInput
                  label="Namespace"
                  placeholder="shop"
                  required
                  value={form.namespace}
                  onChange={({ currentTarget }) =>
                    setForm({ ...form, namespace: currentTarget.value })
                  }
                />
              </div>
              <FieldInputs
                fields={kind.fields}
                values={form.spec}
                onChange={(spec) => setForm({ ...form, spec })}
              />
              <TextInput
                label="Clusters"
                description="A label selector, such as env=prod; all clusters unless said"
                placeholder="env=prod"
                value={form.clusters}
                onChange={({ currentTarget }) =>
                  setForm({ ...form, clusters: currentTarget.value })
                }
              />
              {!existing && (
                <TextInput
                  label="File"
                  description={
                    files.some((file) => file.path === path)
                      ? 'It is there: the intent goes to its end'
                      : 'In which it is kept'
                  }
                  value={path}
                  error={fault}
                  onChange={({ currentTarget }) => setPath(currentTarget.value)}
                />
              )}
              {existing?.hasComments && (
                <Alert color="orange" title="Comments">
                  The comments in this document are not kept when it is written from the form.
                </Alert>
              )}
            </Stack>
          </Panel>
        </Stack>
        <Stack>
          <Panel title="As YAML">
            <CopyCode code={yaml} label="YAML" />
          </Panel>
          <Panel
            title="What it becomes"
            actions={
              <div aria-live="polite" className="panel-note">
                {!isNamed ? null : check.isChecking ? (
                  <Status tone="busy">Compiling</Status>
                ) : check.result?.valid ? (
                  <Status tone="ok">Can be released</Status>
                ) : check.result ? (
                  <Status tone="bad">Cannot be released</Status>
                ) : null}
              </div>
            }
          >
            <Stack gap="sm">
              <ErrorNote error={check.error} />
              {!isNamed && (
                <Text size="sm" c="dimmed">
                  Give it a name and a namespace, and see it compiled here.
                </Text>
              )}
              {isNamed && own.length > 0 && <ProblemList problems={own} />}
              {isNamed && changes.length > 0 && <Changes changes={changes} />}
              {isNamed &&
                !check.isChecking &&
                !before.isChecking &&
                check.result?.valid &&
                changes.length === 0 && (
                  <Text size="sm" c="dimmed">
                    No object changes by it.
                  </Text>
                )}
            </Stack>
          </Panel>
          <Group justify="flex-end" gap="xs">
            <Button
              variant="default"
              disabled={!mayTake || !isNamed || !!fault}
              onClick={() => take(`${home}/edit?file=${encodeURIComponent(path)}`)}
            >
              {existing ? 'Put into the draft' : 'Add to the draft'}
            </Button>
            <Button
              disabled={!mayTake || !isNamed || !!fault || check.isChecking || !check.result?.valid}
              onClick={() => take(`${home}/review`)}
            >
              Review and release
            </Button>
          </Group>
        </Stack>
      </div>
    </>
  );
}
