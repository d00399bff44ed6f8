import { Fieldset, Stack, TagsInput, TextInput } from '@mantine/core';
import { WavesEditor } from '../../parts/index.js';
import { describePolicy, type Policy, type PolicyForm, policyFaults } from './policy.js';

interface PolicyEditorProps {
  readonly value: PolicyForm;
  onChange(value: PolicyForm): void;
}

const numbers = [
  ['soakSeconds', 'Soak, in seconds', 'So long the canaries must stay well'],
  ['timeoutSeconds', 'Timeout, in seconds', 'A stage that takes longer has its cluster go back'],
  ['graceSeconds', 'Grace, in seconds', 'So long the old istiod stays, unused'],
  ['maxRestarting', 'Workloads at one time', 'That restart in one cluster'],
] as const;

/** Waves in their order, and what happens in each cluster. */
export function PolicyEditor({ value, onChange }: PolicyEditorProps) {
  const faults = policyFaults(value);
  return (
    <Stack gap="md">
      <WavesEditor
        waves={value.waves}
        faults={faults}
        without="No waves: all clusters are in one."
        onChange={(waves) => onChange({ ...value, waves })}
      />
      <Fieldset legend="In each cluster">
        <Stack gap="sm">
          <TagsInput
            label="Canary namespaces"
            description="Those of them that a cluster has go first; none: all of it moves at once"
            placeholder={value.canaryNamespaces.length === 0 ? 'None' : undefined}
            splitChars={[',', ' ']}
            acceptValueOnBlur
            value={[...value.canaryNamespaces]}
            onChange={(canaryNamespaces) => onChange({ ...value, canaryNamespaces })}
          />
          <div className="upgrade-numbers">
            {numbers.map(([name, label, description]) => (
              <TextInput
                key={name}
                label={label}
                description={description}
                inputMode="numeric"
                value={value[name]}
                error={faults[name]}
                onChange={({ currentTarget }) =>
                  onChange({ ...value, [name]: currentTarget.value })
                }
              />
            ))}
          </div>
        </Stack>
      </Fieldset>
    </Stack>
  );
}

export function PolicyInWords({ policy }: { readonly policy: Policy }) {
  return (
    <ul className="upgrade-words">
      {describePolicy(policy).map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
