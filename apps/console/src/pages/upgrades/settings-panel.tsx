import { Button, Group, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { UpdateUpgradeSettingsInput } from '../../api/generated/graphql.js';
import { graphql, useDo, useMay } from '../../api/index.js';
import { ErrorNote, Panel } from '../../parts/index.js';

const UpdateUpgradeSettings = graphql(`
  mutation UpdateUpgradeSettings($input: UpdateUpgradeSettingsInput!) {
    updateUpgradeSettings(input: $input) {
      settings {
        maxInFlight
      }
    }
  }
`);

interface SettingsPanelProps<Form> {
  readonly meshId: string;
  readonly title: string;
  /** What a change does, and does not. */
  readonly about: string;
  /** What it is now, to be changed. */
  form(): Form;
  /** What keeps it from being saved, by field. */
  faults(form: Form): Readonly<Record<string, string>>;
  input(form: Form): Omit<UpdateUpgradeSettingsInput, 'meshId'>;
  editor(form: Form, set: (form: Form) => void): ReactNode;
  /** What it is now, to be read. */
  readonly children: ReactNode;
}

/** A part of the settings, which is read until somebody edits it. */
export function SettingsPanel<Form>(props: SettingsPanelProps<Form>) {
  const { meshId, title, about, children } = props;
  const update = useDo(UpdateUpgradeSettings);
  const mayChange = useMay('OPERATOR');
  const [edited, setEdited] = useState<{ readonly form: Form }>();
  if (!edited) {
    return (
      <Panel
        title={title}
        actions={
          <Button
            variant="default"
            disabled={!mayChange}
            aria-label={`Edit: ${title}`}
            onClick={() => {
              update.reset();
              setEdited({ form: props.form() });
            }}
          >
            Edit
          </Button>
        }
      >
        {children}
      </Panel>
    );
  }
  const { form } = edited;
  const isValid = Object.keys(props.faults(form)).length === 0;
  return (
    <Panel title={title}>
      <form
        aria-label={title}
        onSubmit={(event) => {
          event.preventDefault();
          update.mutate(
            { input: { meshId, ...props.input(form) } },
            { onSuccess: () => setEdited(undefined) },
          );
        }}
      >
        <Stack>
          {props.editor(form, (next) => setEdited({ form: next }))}
          <Text size="sm" c="dimmed">
            {about}
          </Text>
          <ErrorNote error={update.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setEdited(undefined)}>
              Cancel
            </Button>
            <Button type="submit" loading={update.isPending} disabled={!isValid}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
