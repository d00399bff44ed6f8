import {
  ActionIcon,
  Button,
  Fieldset,
  Group,
  NativeSelect,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import type { WaveUnit } from '../../api/generated/graphql.js';
import {
  anyWave,
  describePolicy,
  type Policy,
  type PolicyForm,
  policyFaults,
  type WaveForm,
} from './policy.js';

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

interface WavesEditorProps {
  readonly waves: readonly WaveForm[];
  readonly faults: Readonly<Record<string, string>>;
  onChange(waves: readonly WaveForm[]): void;
}

function WavesEditor({ waves, faults, onChange }: WavesEditorProps) {
  const setWave = (index: number, change: Partial<WaveForm>): void =>
    onChange(waves.map((wave, at) => (at === index ? { ...wave, ...change } : wave)));
  const moveUp = (index: number): void => {
    const next = [...waves];
    next.splice(index - 1, 0, ...next.splice(index, 1));
    onChange(next);
  };
  return (
    <>
      {waves.map((wave, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: waves have no name but their place
        <Fieldset key={index} legend={`Wave ${index + 1}`}>
          <div className="upgrade-wave-fields">
            <TextInput
              label="Clusters"
              description="A label selector; all that are left unless said"
              placeholder="env=canary"
              value={wave.clusterSelector}
              onChange={({ currentTarget }) =>
                setWave(index, { clusterSelector: currentTarget.value })
              }
            />
            <TextInput
              label="Percent of them"
              description="In all, with the waves before"
              inputMode="decimal"
              placeholder="100"
              value={wave.percent}
              error={faults[`waves.${index}.percent`]}
              onChange={({ currentTarget }) => setWave(index, { percent: currentTarget.value })}
            />
            <NativeSelect
              label="Split"
              description="Into several waves"
              value={wave.each}
              onChange={({ currentTarget }) =>
                setWave(index, { each: currentTarget.value as WaveUnit | '' })
              }
              data={[
                { value: '', label: 'No: all at once' },
                { value: 'CLUSTER', label: 'One cluster after the other' },
                { value: 'NETWORK', label: 'One network after the other' },
                { value: 'REGION', label: 'One region after the other' },
              ]}
            />
            <Group gap={4} wrap="nowrap">
              <ActionIcon
                variant="default"
                size="lg"
                disabled={index === 0}
                aria-label={`Move wave ${index + 1} up`}
                onClick={() => moveUp(index)}
              >
                <IconArrowUp size={16} />
              </ActionIcon>
              <ActionIcon
                variant="default"
                size="lg"
                aria-label={`Remove wave ${index + 1}`}
                onClick={() => onChange(waves.filter((_, at) => at !== index))}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </Group>
          </div>
        </Fieldset>
      ))}
      <Group justify="space-between">
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange([...waves, anyWave])}
        >
          Add a wave
        </Button>
        <Text size="sm" c="dimmed">
          {waves.length === 0
            ? 'No waves: all clusters are in one.'
            : 'Clusters that none of them takes come last.'}
        </Text>
      </Group>
    </>
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
