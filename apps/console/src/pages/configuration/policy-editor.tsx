import { Fieldset, Stack, TextInput } from '@mantine/core';
import { WavesEditor } from '../../parts/index.js';
import { type PolicyForm, policyFaults } from './policy.js';

interface PolicyEditorProps {
  readonly value: PolicyForm;
  onChange(value: PolicyForm): void;
}

/** Waves in their order, and the gate behind each. */
export function PolicyEditor({ value, onChange }: PolicyEditorProps) {
  const faults = policyFaults(value);
  return (
    <Stack gap="md">
      <WavesEditor
        waves={value.waves}
        faults={faults}
        without="No waves: all clusters get it at once."
        onChange={(waves) => onChange({ ...value, waves })}
      />
      <Fieldset legend="Gate behind each wave">
        <div className="gate">
          {(
            [
              ['soakSeconds', 'Soak, in seconds', 'So long all must stay well'],
              ['timeoutSeconds', 'Timeout, in seconds', 'A wave that is not through by then halts'],
              [
                'maxRefusedPercent',
                'Refused at most, in percent',
                'Of the wave’s objects; 0: none',
              ],
            ] as const
          ).map(([name, label, description]) => (
            <TextInput
              key={name}
              label={label}
              description={description}
              inputMode="decimal"
              value={value[name]}
              error={faults[name]}
              onChange={({ currentTarget }) => onChange({ ...value, [name]: currentTarget.value })}
            />
          ))}
        </div>
      </Fieldset>
    </Stack>
  );
}
