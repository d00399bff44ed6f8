import { ActionIcon, Button, Fieldset, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import { IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import type { WaveUnit } from '../api/generated/graphql.js';
import { anyWave, type WaveForm } from './wave-form.js';

interface WavesEditorProps {
  readonly waves: readonly WaveForm[];
  /** As {@link waveFaults} says them; others do no harm. */
  readonly faults: Readonly<Record<string, string>>;
  /** What it means that there are none. */
  readonly without: string;
  onChange(waves: readonly WaveForm[]): void;
}

/** Waves in their order, to be typed. */
export function WavesEditor({ waves, faults, without, onChange }: WavesEditorProps) {
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
          <div className="wave-fields">
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
          {waves.length === 0 ? without : 'Clusters that none of them takes come last.'}
        </Text>
      </Group>
    </>
  );
}
