import {
  ActionIcon,
  Button,
  Code,
  Fieldset,
  NativeSelect,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { counted, Facts } from '../../parts/index.js';
import type { Settings } from './queries.js';
import {
  type ChartsForm,
  chartsFaults,
  chartsForm,
  chartsInput,
  type DigestForm,
  type Faults,
} from './settings-forms.js';
import { SettingsPanel } from './settings-panel.js';

interface ChartsPanelProps {
  readonly meshId: string;
  readonly charts: Settings['charts'];
}

/** Where Istio's charts come from, and what is set in them. */
export function ChartsPanel({ meshId, charts }: ChartsPanelProps) {
  const { repository, digests, values } = chartsForm(charts);
  return (
    <SettingsPanel
      meshId={meshId}
      title="Charts"
      about="They are fetched by the agents, as their clusters reach them. Credentials are given to the agents."
      form={() => chartsForm(charts)}
      faults={chartsFaults}
      input={(form) => ({ charts: chartsInput(form) })}
      editor={(form, set) => <Editor form={form} faults={chartsFaults(form)} onChange={set} />}
    >
      <Stack gap="sm">
        <Facts
          of={[
            [
              'Repository',
              <Code key="repository" className="code break">
                {repository}
              </Code>,
            ],
            [
              'Pinned',
              digests.length === 0
                ? 'none: an archive is taken as it comes'
                : counted(digests.length, 'archive'),
            ],
            ['Values of istiod', values === '' ? 'none but those that a cluster has' : 'see below'],
          ]}
        />
        {digests.length > 0 && (
          <ul className="upgrade-words">
            {digests.map(({ chart, version, sha256 }) => (
              <li key={`${chart} ${version}`} className="break">
                {chart} {version}: <Code className="code break">{sha256}</Code>
              </li>
            ))}
          </ul>
        )}
        {values !== '' && (
          <Code block className="code wrap">
            {values}
          </Code>
        )}
      </Stack>
    </SettingsPanel>
  );
}

interface EditorProps {
  readonly form: ChartsForm;
  readonly faults: Faults;
  onChange(form: ChartsForm): void;
}

function Editor({ form, faults, onChange }: EditorProps) {
  const { digests } = form;
  const set = (index: number, change: Partial<DigestForm>): void =>
    onChange({
      ...form,
      digests: digests.map((digest, at) => (at === index ? { ...digest, ...change } : digest)),
    });
  return (
    <Stack gap="md">
      <TextInput
        label="Repository"
        description="https://…, oci://…, or the path of a folder as the agents see it"
        value={form.repository}
        error={faults.repository}
        onChange={({ currentTarget }) => onChange({ ...form, repository: currentTarget.value })}
      />
      <Fieldset legend="Digests of archives">
        <Stack gap="sm">
          {digests.map((digest, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: its version is being typed
            <div key={index} className="upgrade-digest">
              <NativeSelect
                label="Chart"
                value={digest.chart}
                onChange={({ currentTarget }) => set(index, { chart: currentTarget.value })}
                data={['istiod', 'base']}
              />
              <TextInput
                label="Version"
                placeholder="1.30.2"
                value={digest.version}
                error={faults[`digests.${index}.version`]}
                onChange={({ currentTarget }) => set(index, { version: currentTarget.value })}
              />
              <TextInput
                label="SHA-256"
                value={digest.sha256}
                error={faults[`digests.${index}.sha256`]}
                onChange={({ currentTarget }) => set(index, { sha256: currentTarget.value })}
              />
              <ActionIcon
                variant="default"
                size="lg"
                mt={25}
                aria-label={`Remove digest ${index + 1}`}
                onClick={() =>
                  onChange({ ...form, digests: digests.filter((_, at) => at !== index) })
                }
              >
                <IconTrash size={16} />
              </ActionIcon>
            </div>
          ))}
          {digests.length === 0 && (
            <Text size="sm" c="dimmed">
              None: an archive is taken as it comes.
            </Text>
          )}
          <div>
            <Button
              variant="default"
              leftSection={<IconPlus size={16} aria-hidden />}
              onClick={() =>
                onChange({
                  ...form,
                  digests: [...digests, { chart: 'istiod', version: '', sha256: '' }],
                })
              }
            >
              Add a digest
            </Button>
          </div>
        </Stack>
      </Fieldset>
      <Textarea
        label="Values of istiod"
        description="JSON, over those that a cluster has; revision and its tags are set by upgrades"
        autosize
        minRows={4}
        maxRows={20}
        spellCheck={false}
        classNames={{ input: 'upgrade-json' }}
        placeholder={'{"pilot": {"replicaCount": 2}}'}
        value={form.values}
        error={faults.values}
        onChange={({ currentTarget }) => onChange({ ...form, values: currentTarget.value })}
      />
    </Stack>
  );
}
