import { Checkbox, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import type { WeekDay } from '../../api/generated/graphql.js';
import { lasting } from './lasting.js';
import { type FieldsProps, ListEditor } from './list-editor.js';
import {
  daysInWords,
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
      about="They hold for what is under way too: stages that disturb a cluster begin within a window alone, and one that has begun goes on to its end. What goes back is not held."
      form={(): readonly WindowForm[] => windows.map(windowForm)}
      faults={windowFaults}
      input={(forms) => ({ windows: forms.map(windowInput) })}
      editor={(forms, set) => (
        <ListEditor
          what="window"
          forms={forms}
          faults={windowFaults(forms)}
          fresh={() => newWindow(ownZone)}
          onChange={set}
          Fields={Fields}
        />
      )}
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

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function Fields({ form, faultOf, set }: FieldsProps<WindowForm>) {
  return (
    <>
      <Checkbox.Group
        label="Opens on"
        value={[...form.days]}
        error={faultOf('days')}
        onChange={(days) => set({ days: days as WeekDay[] })}
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
          error={faultOf('opens')}
          onChange={({ currentTarget }) => set({ opens: currentTarget.value })}
        />
        <TextInput
          label="Stays open, in minutes"
          inputMode="numeric"
          value={form.minutes}
          error={faultOf('minutes')}
          onChange={({ currentTarget }) => set({ minutes: currentTarget.value })}
        />
        <NativeSelect
          label="Time zone"
          value={form.timeZone}
          onChange={({ currentTarget }) => set({ timeZone: currentTarget.value })}
          data={zones(form.timeZone)}
        />
      </div>
    </>
  );
}

/** Those that the browser knows, and the one that is chosen. */
function zones(chosen: string): string[] {
  return [...new Set(['UTC', chosen, ...Intl.supportedValuesOf('timeZone')])];
}
