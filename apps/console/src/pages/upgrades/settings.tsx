import { Stack } from '@mantine/core';
import { useApi } from '../../api/index.js';
import { ErrorNote, RoleNote, Waiting } from '../../parts/index.js';
import { AgentsPanel } from './agents-panel.js';
import { Channels } from './channels.js';
import { ChartsPanel } from './charts-panel.js';
import { FreezesPanel } from './freezes-panel.js';
import { LimitsPanel } from './limits-panel.js';
import { policyFaults, policyForm, policyInput } from './policy.js';
import { PolicyEditor, PolicyInWords } from './policy-editor.js';
import { UpgradeSettingsView } from './queries.js';
import { SettingsPanel } from './settings-panel.js';
import { WindowsPanel } from './windows-panel.js';

/** When and how the clusters of a mesh are upgraded. */
export default function SettingsTab({ meshId }: { readonly meshId: string }) {
  const { data, error } = useApi(UpgradeSettingsView, { meshId });
  const settings = data?.mesh.upgradeSettings;
  return (
    <Stack>
      <RoleNote needs="OPERATOR" what="Changing these settings" />
      <ErrorNote error={error} />
      <Channels meshId={meshId} />
      {!settings && !error && <Waiting>Reading the settings</Waiting>}
      {settings && (
        <>
          <WindowsPanel meshId={meshId} windows={settings.windows} />
          <FreezesPanel meshId={meshId} freezes={settings.freezes} />
          <LimitsPanel meshId={meshId} settings={settings} />
          <SettingsPanel
            meshId={meshId}
            title="Waves and care"
            about="Of upgrades that bring none of their own; what is planned keeps its own."
            form={() => policyForm(settings.policy)}
            faults={policyFaults}
            input={(form) => ({ policy: policyInput(form) })}
            editor={(form, set) => <PolicyEditor value={form} onChange={set} />}
          >
            <PolicyInWords policy={settings.policy} />
          </SettingsPanel>
          <ChartsPanel meshId={meshId} charts={settings.charts} />
          <AgentsPanel meshId={meshId} settings={settings} />
        </>
      )}
    </Stack>
  );
}
