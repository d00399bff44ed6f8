import { Text, TextInput } from '@mantine/core';
import { Status, Time, useNow } from '../../parts/index.js';
import { type FieldsProps, ListEditor } from './list-editor.js';
import {
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
      editor={(forms, set) => (
        <ListEditor
          what="freeze"
          forms={forms}
          faults={freezeFaults(forms)}
          fresh={() => newFreeze(Date.now())}
          onChange={set}
          Fields={Fields}
        />
      )}
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

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function Fields({ form, faultOf, set }: FieldsProps<FreezeForm>) {
  return (
    <div className="upgrade-two">
      <TextInput
        label="From"
        type="datetime-local"
        description={`In your time zone, ${zone}`}
        value={form.from}
        error={faultOf('from')}
        onChange={({ currentTarget }) => set({ from: currentTarget.value })}
      />
      <TextInput
        label="Until"
        type="datetime-local"
        description={`In your time zone, ${zone}`}
        value={form.until}
        error={faultOf('until')}
        onChange={({ currentTarget }) => set({ until: currentTarget.value })}
      />
    </div>
  );
}
