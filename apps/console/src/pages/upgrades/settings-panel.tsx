import { Button, Group, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { UpdateUpgradeSettingsInput } from '../../api/generated/graphql.js';
import { type ApiError, graphql, useDo, useMay } from '../../api/index.js';
import { Confirm, ErrorNote, Panel } from '../../parts/index.js';
import type { Faults } from './settings-forms.js';

export const UpdateUpgradeSettings = graphql(`
  mutation UpdateUpgradeSettings($input: UpdateUpgradeSettingsInput!) {
    updateUpgradeSettings(input: $input) {
      settings {
        maxInFlight
      }
    }
  }
`);

/** What is asked before something is saved. */
export interface Question {
  readonly title: string;
  readonly confirmLabel: string;
  /** What will happen. */
  readonly text: ReactNode;
}

interface SettingsPanelProps<Form> {
  readonly meshId: string;
  readonly title: string;
  /** What a change does, and does not. */
  readonly about: string;
  /** Beside the way to edit it. */
  readonly actions?: ReactNode;
  /** What it is now, to be changed. */
  form(): Form;
  /** What keeps it from being saved, by field. */
  faults(form: Form): Faults;
  /** Where the editor says what the API has against it; below the fields unless there is some. */
  refusal?(error: ApiError): Faults;
  input(form: Form): Omit<UpdateUpgradeSettingsInput, 'meshId'>;
  /** For what needs a second thought; it is saved at once unless given. */
  question?(form: Form): Question;
  editor(form: Form, set: (form: Form) => void, refused: Faults): ReactNode;
  /** What it is now, to be read. */
  readonly children: ReactNode;
}

/** A part of the settings, which is read until somebody edits it. */
export function SettingsPanel<Form>(props: SettingsPanelProps<Form>) {
  const { title, actions, children } = props;
  const mayChange = useMay('OPERATOR');
  const [form, setForm] = useState<Form>();
  if (form !== undefined) {
    return <Editing of={props} form={form} set={setForm} onClose={() => setForm(undefined)} />;
  }
  return (
    <Panel
      title={title}
      actions={
        <Group gap="xs">
          {actions}
          <Button
            variant="default"
            disabled={!mayChange}
            aria-label={`Edit: ${title}`}
            onClick={() => setForm(props.form())}
          >
            Edit
          </Button>
        </Group>
      }
    >
      {children}
    </Panel>
  );
}

interface EditingProps<Form> {
  readonly of: SettingsPanelProps<Form>;
  readonly form: Form;
  set(form: Form): void;
  onClose(): void;
}

function Editing<Form>({ of: props, form, set, onClose }: EditingProps<Form>) {
  const { meshId, title, about } = props;
  const update = useDo(UpdateUpgradeSettings);
  const refused = (update.error && props.refusal?.(update.error)) ?? {};
  const isRefusedAtField = Object.keys(refused).length > 0;
  const isValid = Object.keys(props.faults(form)).length === 0;
  const question = isValid ? props.question?.(form) : undefined;
  const save = async (): Promise<void> => {
    await update.mutateAsync({ input: { meshId, ...props.input(form) } });
    onClose();
  };
  return (
    <Panel title={title}>
      <form
        aria-label={title}
        onSubmit={(event) => {
          event.preventDefault();
          // Its error is shown below.
          if (!props.question) save().catch(() => undefined);
        }}
      >
        <Stack>
          {props.editor(
            form,
            (next) => {
              // What was refused is no longer what stands there.
              if (update.isError) update.reset();
              set(next);
            },
            refused,
          )}
          <Text size="sm" c="dimmed">
            {about}
          </Text>
          {!isRefusedAtField && <ErrorNote error={update.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            {question ? (
              <Confirm
                variant="filled"
                label="Save"
                title={question.title}
                confirmLabel={question.confirmLabel}
                isDestructive={false}
                onConfirm={() =>
                  save().catch((error: ApiError) => {
                    // The dialog would hide the field that says it.
                    if (Object.keys(props.refusal?.(error) ?? {}).length === 0) throw error;
                  })
                }
              >
                {question.text}
              </Confirm>
            ) : (
              <Button type="submit" loading={update.isPending} disabled={!isValid}>
                Save
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
