import {
  Button,
  Checkbox,
  Fieldset,
  Group,
  NativeSelect,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { WeekDay } from '../../api/generated/graphql.js';
import { lasting } from './lasting.js';
import {
  daysInWords,
  type Faults,
  newWindow,
  type Window,
  type WindowForm,
  weekDays,
  windowFaults,
  windowForm,
  windowInput,
} from './settings-forms.js';
import { SettingsPanel } from './settings-panel.js';

interface WindowsPanelProps {
  readonly meshId: string;
  readonly windows: readonly Window[];
}

/** When clusters may be disturbed. */
export function WindowsPanel({ meshId, windows }: WindowsPanelProps) {
  return (
    <SettingsPanel
      meshId={meshId}
      title="Maintenance windows"
      about="They hold for what is under way too: outside of them nothing moves but what goes back."
      form={(): readonly WindowForm[] => windows.map(windowForm)}
      faults={windowFaults}
      input={(forms) => ({ windows: forms.map(windowInput) })}
      editor={(forms, set) => <Editor forms={forms} faults={windowFaults(forms)} onChange={set} />}
    >
      {windows.length === 0 ? (
        <Text size="sm" c="dimmed">
          None: clusters may be disturbed at any time.
        </Text>
      ) : (
        <ul className="upgrade-words">
          {windows.map(({ name, clusterSelector, days, opens, minutes, timeZone }) => (
            <li key={name}>
              <b>{name}</b>: {daysInWords(days)} at {opens} ({timeZone}) for {lasting(60 * minutes)}
              {clusterSelector ? `, clusters with ${clusterSelector}` : ', all clusters'}
            </li>
          ))}
        </ul>
      )}
      {windows.some(({ clusterSelector }) => clusterSelector) && (
        <Text size="sm" c="dimmed" mt={6}>
          Clusters that none of them selects may be disturbed at any time.
        </Text>
      )}
    </SettingsPanel>
  );
}

interface EditorProps {
  readonly forms: readonly WindowForm[];
  readonly faults: Faults;
  onChange(forms: readonly WindowForm[]): void;
}

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function Editor({ forms, faults, onChange }: EditorProps) {
  const set = (index: number, change: Partial<WindowForm>): void =>
    onChange(forms.map((form, at) => (at === index ? { ...form, ...change } : form)));
  return (
    <Stack gap="md">
      {forms.map((form, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: its name is being typed
        <Fieldset key={index} legend={`Window ${index + 1}`}>
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
            </div>
            <Checkbox.Group
              label="Opens on"
              value={[...form.days]}
              error={faults[`${index}.days`]}
              onChange={(days) => set(index, { days: days as WeekDay[] })}
            >
              <Group gap="md" mt={6}>
                {weekDays.map(([value, label]) => (
                  <Checkbox key={value} value={value} label={label} />
                ))}
              </Group>
            </Checkbox.Group>
            <div className="upgrade-three">
              <TextInput
                label="Opens at"
                type="time"
                value={form.opens}
                error={faults[`${index}.opens`]}
                onChange={({ currentTarget }) => set(index, { opens: currentTarget.value })}
              />
              <TextInput
                label="Stays open, in minutes"
                inputMode="numeric"
                value={form.minutes}
                error={faults[`${index}.minutes`]}
                onChange={({ currentTarget }) => set(index, { minutes: currentTarget.value })}
              />
              <NativeSelect
                label="Time zone"
                value={form.timeZone}
                onChange={({ currentTarget }) => set(index, { timeZone: currentTarget.value })}
                data={zones(form.timeZone)}
              />
            </div>
            <Group justify="flex-end">
              <Button
                variant="subtle"
                color="red"
                size="compact-sm"
                onClick={() => onChange(forms.filter((_, at) => at !== index))}
              >
                Remove window {index + 1}
              </Button>
            </Group>
          </Stack>
        </Fieldset>
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange([...forms, newWindow(ownZone)])}
        >
          Add a window
        </Button>
      </div>
    </Stack>
  );
}

/** Those that the browser knows, and the one that is chosen. */
function zones(chosen: string): string[] {
  return [...new Set(['UTC', chosen, ...Intl.supportedValuesOf('timeZone')])];
}
