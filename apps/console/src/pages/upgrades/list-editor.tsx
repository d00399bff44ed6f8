import { Button, Fieldset, Group, Stack, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { capital } from '../../parts/index.js';
import type { Faults } from './settings-forms.js';

interface NamedForm {
  readonly name: string;
  readonly clusterSelector: string;
}

/** What the fields of one of the list are given. */
export interface FieldsProps<Form> {
  readonly form: Form;
  faultOf(field: keyof Form & string): string | undefined;
  set(change: Partial<Form>): void;
}

interface ListEditorProps<Form extends NamedForm> {
  /** What each of them is: `freeze`. */
  readonly what: string;
  readonly forms: readonly Form[];
  /** By place and field, such as `0.name`. */
  readonly faults: Faults;
  /** One more, as it is before anything is typed. */
  fresh(): Form;
  onChange(forms: readonly Form[]): void;
  /** All but the name and the clusters. */
  readonly Fields: ComponentType<FieldsProps<Form>>;
}

/** What a mesh has several of, each with a name and for some clusters or all. */
export function ListEditor<Form extends NamedForm>(props: ListEditorProps<Form>) {
  const { what, forms, faults, fresh, onChange, Fields } = props;
  const setAt = (index: number, change: Partial<NamedForm> | Partial<Form>): void =>
    onChange(forms.map((form, at) => (at === index ? { ...form, ...change } : form)));
  return (
    <Stack gap="md">
      {forms.map((form, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: its name is being typed
        <Fieldset key={index} legend={`${capital(what)} ${index + 1}`}>
          <Stack gap="sm">
            <div className="upgrade-two">
              <TextInput
                label="Name"
                description="By which it is called where it holds something"
                value={form.name}
                error={faults[`${index}.name`]}
                onChange={({ currentTarget }) => setAt(index, { name: currentTarget.value })}
              />
              <TextInput
                label="Clusters"
                placeholder="env=prod"
                description="A label selector; all unless said"
                value={form.clusterSelector}
                onChange={({ currentTarget }) =>
                  setAt(index, { clusterSelector: currentTarget.value })
                }
              />
            </div>
            <Fields
              form={form}
              faultOf={(field) => faults[`${index}.${field}`]}
              set={(change) => setAt(index, change)}
            />
            <Group justify="flex-end">
              <Button
                variant="subtle"
                color="red"
                size="compact-sm"
                onClick={() => onChange(forms.filter((_, at) => at !== index))}
              >
                Remove {what} {index + 1}
              </Button>
            </Group>
          </Stack>
        </Fieldset>
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange([...forms, fresh()])}
        >
          Add a {what}
        </Button>
      </div>
    </Stack>
  );
}
