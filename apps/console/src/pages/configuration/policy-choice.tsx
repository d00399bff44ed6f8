import { Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { ConfigurationHeadQuery, RolloutPolicyInput } from '../../api/generated/graphql.js';
import {
  describePolicy,
  type PolicyForm,
  policyFaults,
  policyForm,
  policyInput,
} from './policy.js';
import { PolicyEditor } from './policy-editor.js';

type Policy = ConfigurationHeadQuery['mesh']['configuration']['rolloutPolicy'];

interface PolicyChoice {
  readonly own: PolicyForm | undefined;
  readonly isValid: boolean;
  /** Undefined: the mesh's. */
  readonly input: RolloutPolicyInput | undefined;
  set(own: PolicyForm | undefined): void;
}

export function usePolicyChoice(): PolicyChoice {
  const [own, set] = useState<PolicyForm>();
  const isValid = !own || Object.keys(policyFaults(own)).length === 0;
  return { own, set, isValid, input: own && isValid ? policyInput(own) : undefined };
}

interface PolicyChoiceFieldsProps {
  readonly of: PolicyChoice;
  readonly policy: Policy;
}

/** The mesh's waves and gate, or others for this once. */
export function PolicyChoiceFields({ of, policy }: PolicyChoiceFieldsProps) {
  return (
    <Stack gap="sm">
      <Radio.Group
        label="Waves and gate"
        value={of.own ? 'own' : 'mesh'}
        onChange={(value) => of.set(value === 'own' ? policyForm(policy) : undefined)}
      >
        <Stack gap={6} mt={6}>
          <Radio value="mesh" label="As the mesh has them" />
          <Radio value="own" label="Others, for this rollout" />
        </Stack>
      </Radio.Group>
      {of.own ? (
        <PolicyEditor value={of.own} onChange={of.set} />
      ) : (
        <PolicyInWords policy={policy} />
      )}
    </Stack>
  );
}

export function PolicyInWords({ policy }: { readonly policy: Policy }) {
  return (
    <ul className="in-words">
      {describePolicy(policy).map((line) => (
        <li key={line}>
          <Text size="sm">{line}</Text>
        </li>
      ))}
    </ul>
  );
}
