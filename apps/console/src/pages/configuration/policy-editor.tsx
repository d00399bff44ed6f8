import {
  ActionIcon,
  Button,
  Fieldset,
  Group,
  NativeSelect,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import type { WaveUnit } from '../../api/generated/graphql.js';
import { anyWave, type PolicyForm, policyFaults, type WaveForm } from './policy.js';

interface PolicyEditorProps {
  readonly value: PolicyForm;
  onChange(value: PolicyForm): void;
}

/** Waves in their order, and the gate behind each. */
export function PolicyEditor({ value, onChange }: PolicyEditorProps) {
  const faults = policyFaults(value);
  const { waves } = value;
  const setWave = (index: number, change: Partial<WaveForm>): void =>
    onChange({
      ...value,
      waves: waves.map((wave, at) => (at === index ? { ...wave, ...change } : wave)),
    });
  const moveUp = (index: number): void => {
    const next = [...waves];
    next.splice(index - 1, 0, ...next.splice(index, 1));
    onChange({ ...value, waves: next });
  };
  return (
    <Stack gap="md">
      {waves.map((wave, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: waves have no name but their place
        <Fieldset key={index} legend={`Wave ${index + 1}`}>
          <div className="wave">
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
            <Group gap={4} wrap="nowrap" className="wave-actions">
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
                onClick={() => onChange({ ...value, waves: waves.filter((_, at) => at !== index) })}
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
          leftSection={<IconPlus size={16} />}
          onClick={() => onChange({ ...value, waves: [...waves, anyWave] })}
        >
          Add a wave
        </Button>
        <Text size="sm" c="dimmed">
          {waves.length === 0
            ? 'No waves: all clusters get it at once.'
            : 'Clusters that none of them takes come last.'}
        </Text>
      </Group>
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
