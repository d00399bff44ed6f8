import { Anchor, Code, Stack, TextInput } from '@mantine/core';
import { Link } from 'react-router';
import { useDo, useMay } from '../../api/index.js';
import { Confirm, counted, Facts } from '../../parts/index.js';
import type { Settings } from './queries.js';
import {
  type AgentForm,
  agentFaults,
  agentForm,
  agentInput,
  agentRefusal,
} from './settings-forms.js';
import { type Question, SettingsPanel, UpdateUpgradeSettings } from './settings-panel.js';

interface AgentsPanelProps {
  readonly meshId: string;
  readonly settings: Pick<Settings, 'agent' | 'maxInFlight'>;
}

/** The version that the agents themselves are to have. */
export function AgentsPanel({ meshId, settings: { agent, maxInFlight } }: AgentsPanelProps) {
  return (
    <SettingsPanel
      meshId={meshId}
      title="Agents"
      about="Of those whose chart has selfUpgrade.enabled; others are to be upgraded by hand. The repository of the image is each cluster’s own."
      actions={agent && <Clear meshId={meshId} version={agent.version} />}
      form={() => agentForm(agent)}
      faults={agentFaults}
      refusal={agentRefusal}
      input={(form) => ({ agent: agentInput(form) })}
      question={(form) => upgradeQuestion(agentInput(form).version, maxInFlight)}
      editor={(form, set, refused) => (
        <Editor form={form} faults={{ ...refused, ...agentFaults(form) }} onChange={set} />
      )}
    >
      <Stack gap="sm">
        <Facts
          of={[
            ['Wanted', agent ? agent.version : 'none: each stays as it was installed'],
            ...(agent
              ? ([
                  [
                    'Digest',
                    agent.digest ? (
                      <Code key="digest" className="code break">
                        {agent.digest}
                      </Code>
                    ) : (
                      'none: the tag alone'
                    ),
                  ],
                ] as const)
              : []),
          ]}
        />
        <Anchor component={Link} to="?tab=istio" size="sm" underline="always">
          Where each agent stands
        </Anchor>
      </Stack>
    </SettingsPanel>
  );
}

function upgradeQuestion(version: string, maxInFlight: number): Question {
  return {
    title: `Have the agents upgrade to ${version}?`,
    confirmLabel: `Upgrade them to ${version}`,
    text: (
      <>
        <p>
          One agent that may upgrade itself goes first. When it is through the others follow, at
          most {counted(maxInFlight, 'cluster')} at one time, in their windows and outside of
          freezes. Istio and what runs in the clusters are not touched.
        </p>
        <p>
          A new agent replaces the old one when it has proved itself. Where it does not, the old
          image is put back, and no other agent begins until somebody has looked.
        </p>
      </>
    ),
  };
}

function Clear({ meshId, version }: { readonly meshId: string; readonly version: string }) {
  const update = useDo(UpdateUpgradeSettings);
  const mayChange = useMay('OPERATOR');
  return (
    <Confirm
      label="Clear"
      aria-label="Clear: Agents"
      disabled={!mayChange}
      title={`Want ${version} of the agents no more?`}
      confirmLabel="Leave the agents as they are"
      onConfirm={() => update.mutateAsync({ input: { meshId, agent: null } })}
    >
      <p>
        No further agent is upgraded; one that is in the middle is seen to its end. None goes back:
        each keeps the version that it has, until somebody runs helm upgrade.
      </p>
    </Confirm>
  );
}

interface EditorProps {
  readonly form: AgentForm;
  readonly faults: Readonly<Record<string, string>>;
  onChange(form: AgentForm): void;
}

function Editor({ form, faults, onChange }: EditorProps) {
  return (
    <div className="upgrade-two">
      <TextInput
        label="Version"
        description="Tag of the image"
        placeholder="0.2.0"
        value={form.version}
        error={faults.version}
        onChange={({ currentTarget }) => onChange({ ...form, version: currentTarget.value })}
      />
      <TextInput
        label="Digest"
        description="Optional; the image is taken by it, and the tag tells people"
        placeholder="sha256:…"
        value={form.digest}
        error={faults.digest}
        onChange={({ currentTarget }) => onChange({ ...form, digest: currentTarget.value })}
      />
    </div>
  );
}
