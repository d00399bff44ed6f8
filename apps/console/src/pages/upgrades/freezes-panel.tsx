import { Button, Fieldset, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Status, Time, useNow } from '../../parts/index.js';
import {
  type Faults,
  type Freeze,
  type FreezeForm,
  freezeFaults,
  freezeForm,
  freezeInput,
  newFreeze,
} from './settings-forms.js';
import { SettingsPanel } from './settings-panel.js';

interface FreezesPanelProps {
  readonly meshId: string;
  readonly freezes: readonly Freeze[];
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** When nothing moves. */
export function FreezesPanel({ meshId, freezes }: FreezesPanelProps) {
  const now = useNow();
  return (
    <SettingsPanel
      meshId={meshId}
      title="Freezes"
      about="They hold for what is under way too: nothing begins and nothing goes on but what goes back."
      form={(): readonly FreezeForm[] => freezes.map(freezeForm)}
      faults={freezeFaults}
      input={(forms) => ({ freezes: forms.map(freezeInput) })}
      editor={(forms, set) => <Editor forms={forms} faults={freezeFaults(forms)} onChange={set} />}
    >
      {freezes.length === 0 ? (
        <Text size="sm" c="dimmed">
          None.
        </Text>
      ) : (
        <ul className="upgrade-words">
          {freezes.map(({ name, clusterSelector, from, until }) => (
            <li key={name}>
              <b>{name}</b>: {exact.format(new Date(from))} to {exact.format(new Date(until))}
              {clusterSelector ? `, clusters with ${clusterSelector}` : ', all clusters'}{' '}
              {isNow({ from, until }, now) ? (
                <Status tone="warn">
                  frozen now; it ends <Time at={until} />
                </Status>
              ) : (
                Date.parse(until) <= now && '(over)'
              )}
            </li>
          ))}
        </ul>
      )}
    </SettingsPanel>
  );
}

function isNow({ from, until }: Pick<Freeze, 'from' | 'until'>, now: number): boolean {
  return Date.parse(from) <= now && now < Date.parse(until);
}

interface EditorProps {
  readonly forms: readonly FreezeForm[];
  readonly faults: Faults;
  onChange(forms: readonly FreezeForm[]): void;
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function Editor({ forms, faults, onChange }: EditorProps) {
  const set = (index: number, change: Partial<FreezeForm>): void =>
    onChange(forms.map((form, at) => (at === index ? { ...form, ...change } : form)));
  return (
    <Stack gap="md">
      {forms.map((form, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: its name is being typed
        <Fieldset key={index} legend={`Freeze ${index + 1}`}>
          <Stack gap="sm">
            <div className="upgrade-two">
              <TextInput
                label="Name"
                description="By which it is called where it holds something"
                value={form.name}
                error={faults[`${index}.name`]}
                onChange={({ currentTarget }) => set(index, { name: currentTarget.value })}
              />
              <TextInput
                label="Clusters"
                placeholder="env=prod"
                description="A label selector; all unless said"
                value={form.clusterSelector}
                onChange={({ currentTarget }) =>
                  set(index, { clusterSelector: currentTarget.value })
                }
              />
              <TextInput
                label="From"
                type="datetime-local"
                description={`In your time zone, ${zone}`}
                value={form.from}
                error={faults[`${index}.from`]}
                onChange={({ currentTarget }) => set(index, { from: currentTarget.value })}
              />
              <TextInput
                label="Until"
                type="datetime-local"
                description={`In your time zone, ${zone}`}
                value={form.until}
                error={faults[`${index}.until`]}
                onChange={({ currentTarget }) => set(index, { until: currentTarget.value })}
              />
            </div>
            <Group justify="flex-end">
              <Button
                variant="subtle"
                color="red"
                size="compact-sm"
                onClick={() => onChange(forms.filter((_, at) => at !== index))}
              >
                Remove freeze {index + 1}
              </Button>
            </Group>
          </Stack>
        </Fieldset>
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange([...forms, newFreeze(Date.now())])}
        >
          Add a freeze
        </Button>
      </div>
    </Stack>
  );
}
