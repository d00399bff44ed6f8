import { Alert, Button, Group, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { DriftPolicy } from '../../api/generated/graphql.js';
import { useDo, useMay } from '../../api/index.js';
import { ErrorNote, PageHead, Panel, RoleNote, Waiting } from '../../parts/index.js';
import { driftPolicies } from './drift-policies.js';
import { type PolicyForm, policyFaults, policyForm, policyInput } from './policy.js';
import { PolicyInWords } from './policy-choice.js';
import { PolicyEditor } from './policy-editor.js';
import { UpdateSettings } from './queries.js';
import { useHead } from './use-head.js';
import './configuration.css';

export default function SettingsPage() {
  const { meshId, configuration, error } = useHead();
  return (
    <>
      <PageHead
        title="Configuration settings"
        about="How releases of this mesh are rolled out, and what becomes of what others change in its clusters."
        above={[['Configuration', `/meshes/${meshId}/configuration`]]}
      />
      <Stack>
        <ErrorNote error={error} />
        <RoleNote needs="OPERATOR" what="Changing these settings" />
        {!configuration && !error && <Waiting>Reading the settings</Waiting>}
        {configuration && (
          <>
            <Waves meshId={meshId} policy={configuration.rolloutPolicy} />
            <Drift meshId={meshId} policy={configuration.driftPolicy} />
          </>
        )}
      </Stack>
    </>
  );
}

interface WavesProps {
  readonly meshId: string;
  readonly policy: NonNullable<ReturnType<typeof useHead>['configuration']>['rolloutPolicy'];
}

function Waves({ meshId, policy }: WavesProps) {
  const update = useDo(UpdateSettings);
  const mayChange = useMay('OPERATOR');
  const [form, setForm] = useState<PolicyForm>();
  if (!form) {
    return (
      <Panel
        title="Waves and gate"
        actions={
          <Button
            variant="default"
            disabled={!mayChange}
            onClick={() => setForm(policyForm(policy))}
          >
            Edit
          </Button>
        }
      >
        <PolicyInWords policy={policy} />
      </Panel>
    );
  }
  const isValid = Object.keys(policyFaults(form)).length === 0;
  return (
    <Panel title="Waves and gate">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          update.mutate(
            { input: { meshId, rolloutPolicy: policyInput(form) } },
            { onSuccess: () => setForm(undefined) },
          );
        }}
      >
        <Stack>
          <PolicyEditor value={form} onChange={setForm} />
          <Text size="sm" c="dimmed">
            It holds for rollouts that begin from now on; what is under way keeps its own.
          </Text>
          <ErrorNote error={update.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setForm(undefined)}>
              Cancel
            </Button>
            <Button type="submit" loading={update.isPending} disabled={!isValid}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

interface DriftProps {
  readonly meshId: string;
  readonly policy: DriftPolicy;
}

function Drift({ meshId, policy }: DriftProps) {
  const update = useDo(UpdateSettings);
  const mayChange = useMay('OPERATOR');
  const [chosen, setChosen] = useState<DriftPolicy>();
  // Saved, and read again.
  if (chosen === policy) setChosen(undefined);
  const value = chosen ?? policy;
  return (
    <Panel title="Drift">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          update.mutate({ input: { meshId, driftPolicy: value } });
        }}
      >
        <Stack>
          <Radio.Group
            label="When somebody else changes or deletes an object of a release in a cluster"
            value={value}
            onChange={(next) => setChosen(next as DriftPolicy)}
          >
            <Stack gap="sm" mt="sm">
              {driftPolicies.map(({ value: each, label, about }) => (
                <Radio
                  key={each}
                  value={each}
                  label={label}
                  description={about}
                  disabled={!mayChange}
                />
              ))}
            </Stack>
          </Radio.Group>
          <ErrorNote error={update.error} />
          {value !== policy && (
            <Group justify="space-between">
              {value === 'REVERT' ? (
                <Alert color="orange" title="At once">
                  What has drifted in the clusters is put back as soon as you save this.
                </Alert>
              ) : (
                <span />
              )}
              <Group gap="xs">
                <Button variant="default" onClick={() => setChosen(undefined)}>
                  Cancel
                </Button>
                <Button type="submit" loading={update.isPending}>
                  Save
                </Button>
              </Group>
            </Group>
          )}
        </Stack>
      </form>
    </Panel>
  );
}
