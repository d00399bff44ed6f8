import { Checkbox, Stack, TextInput } from '@mantine/core';
import { useMay } from '../../api/index.js';
import { counted, Facts } from '../../parts/index.js';
import type { Settings } from './queries.js';
import { SettingsPanel } from './settings-panel.js';

interface LimitsPanelProps {
  readonly meshId: string;
  readonly settings: Pick<Settings, 'maxInFlight' | 'requireApproval'>;
}

interface LimitsForm {
  readonly maxInFlight: string;
  readonly requireApproval: boolean;
}

function limitsFaults({ maxInFlight }: LimitsForm): Readonly<Record<string, string>> {
  const isCount = /^\d+$/.test(maxInFlight) && +maxInFlight >= 1 && +maxInFlight <= 1000;
  return isCount ? {} : { maxInFlight: '1 to 1,000' };
}

/** How many clusters at one time, and whether a second person has to agree. */
export function LimitsPanel({ meshId, settings }: LimitsPanelProps) {
  const { maxInFlight, requireApproval } = settings;
  const isAdmin = useMay('ADMIN');
  return (
    <SettingsPanel
      meshId={meshId}
      title="Limits and approval"
      about="The limit holds for what is under way too; an approval is asked for by what is started from now on."
      form={(): LimitsForm => ({ maxInFlight: String(maxInFlight), requireApproval })}
      faults={limitsFaults}
      input={(form) => ({
        maxInFlight: Number(form.maxInFlight),
        ...(form.requireApproval !== requireApproval && { requireApproval: form.requireApproval }),
      })}
      editor={(form, set) => (
        <Stack gap="sm">
          <TextInput
            label="Clusters at one time"
            description="That may be in the middle of an upgrade"
            inputMode="numeric"
            maw={320}
            value={form.maxInFlight}
            error={limitsFaults(form).maxInFlight}
            onChange={({ currentTarget }) => set({ ...form, maxInFlight: currentTarget.value })}
          />
          <Checkbox
            label="Another person has to approve an upgrade"
            description={
              requireApproval && !isAdmin
                ? 'Switching it off needs the role admin'
                : 'Than the one who planned it, signed in'
            }
            disabled={requireApproval && !isAdmin}
            checked={form.requireApproval}
            onChange={({ currentTarget }) =>
              set({ ...form, requireApproval: currentTarget.checked })
            }
          />
        </Stack>
      )}
    >
      <Facts
        of={[
          ['At one time', counted(maxInFlight, 'cluster')],
          ['Approval', requireApproval ? 'by another person' : 'not needed'],
        ]}
      />
    </SettingsPanel>
  );
}
