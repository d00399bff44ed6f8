import {
  Alert,
  Button,
  Checkbox,
  Group,
  NativeSelect,
  Radio,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { graphql, useApi, useDo, useMay, useRows } from '../../api/index.js';
import {
  ErrorNote,
  FilterInput,
  PageHead,
  Panel,
  RoleNote,
  useNow,
  Waiting,
} from '../../parts/index.js';
import { type PolicyForm, policyFaults, policyForm, policyInput } from './policy.js';
import { PolicyEditor, PolicyInWords } from './policy-editor.js';
import { type FleetCluster, FleetIstio, IstioVersions, UpgradeSettingsView } from './queries.js';
import './upgrades.css';
import { dateInWords, usualVersion, versionGroups } from './versions.js';

const PlanUpgrade = graphql(`
  mutation PlanUpgrade($input: PlanUpgradeInput!) {
    planUpgrade(input: $input) {
      upgrade {
        id
      }
    }
  }
`);

/** So many clusters are there to be checked at one time; the filter finds the others. */
const mostShown = 60;

type Which = 'all' | 'labels' | 'these';

export default function PlanPage() {
  const { meshId = '' } = useParams();
  const above = [['Upgrades', `/meshes/${meshId}/upgrades`]] as const;
  const mayPlan = useMay('OPERATOR');
  return (
    <>
      <PageHead
        title="Plan an upgrade"
        above={above}
        about="The plan says what would be done in which cluster, and what stands in its way. It changes nothing."
      />
      {mayPlan ? (
        <PlanForm meshId={meshId} />
      ) : (
        <RoleNote needs="OPERATOR" what="Planning upgrades" />
      )}
    </>
  );
}

function PlanForm({ meshId }: { readonly meshId: string }) {
  const navigate = useNavigate();
  const plan = useDo(PlanUpgrade);
  const versions = useApi(IstioVersions, {});
  const settings = useApi(UpgradeSettingsView, { meshId });
  const clusters = useRows(FleetIstio, { meshId }, ({ mesh }) => mesh.clusters);
  const [chosen, setChosen] = useState<string>();
  const [which, setWhich] = useState<Which>('all');
  const [selector, setSelector] = useState('');
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [own, setOwn] = useState<PolicyForm>();
  const [message, setMessage] = useState('');
  const known = versions.data?.istioVersions ?? [];
  const toVersion = chosen ?? usualVersion(known);
  const policy = settings.data?.mesh.upgradeSettings.policy;
  const isValid =
    toVersion !== '' &&
    (which !== 'these' || ids.size > 0) &&
    (which !== 'labels' || selector.trim() !== '') &&
    (!own || Object.keys(policyFaults(own)).length === 0);
  const run = async (): Promise<void> => {
    const data = await plan
      .mutateAsync({
        input: {
          meshId,
          toVersion,
          ...(which === 'these' && { clusterIds: [...ids] }),
          ...(which === 'labels' && { clusterSelector: selector.trim() }),
          ...(own && { policy: policyInput(own) }),
          ...(message.trim() !== '' && { message: message.trim() }),
        },
      })
      .catch(() => undefined);
    if (data) navigate(`/meshes/${meshId}/upgrades/${data.planUpgrade.upgrade.id}`);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <Stack maw={900}>
        <ErrorNote error={versions.error ?? settings.error ?? clusters.error} />
        <Panel title="Version">
          {versions.isPending && !versions.error ? (
            <Waiting>Reading the versions</Waiting>
          ) : (
            <VersionChoice known={known} value={toVersion} onChange={setChosen} />
          )}
        </Panel>
        <Panel title="Clusters">
          <Stack gap="sm">
            <Radio.Group
              label="Which clusters go there"
              value={which}
              onChange={(value) => setWhich(value as Which)}
            >
              <Stack gap={6} mt={6}>
                <Radio value="all" label="All clusters of the mesh" />
                <Radio value="labels" label="Those with labels" />
                <Radio value="these" label="Some of them" />
              </Stack>
            </Radio.Group>
            {which === 'labels' && (
              <TextInput
                label="Label selector"
                description="As Kubernetes writes it, such as env=prod,topology.istio.io/network=cloud"
                value={selector}
                onChange={({ currentTarget }) => setSelector(currentTarget.value)}
              />
            )}
            {which === 'these' && (
              <ClusterChoice clusters={clusters.rows} value={ids} onChange={setIds} />
            )}
            <Text size="sm" c="dimmed">
              Clusters that run it already, or something newer, are left out by themselves.
            </Text>
          </Stack>
        </Panel>
        <Panel title="Waves and care">
          {policy ? (
            <Stack gap="sm">
              <Radio.Group
                label="How it makes its way"
                value={own ? 'own' : 'mesh'}
                onChange={(value) => setOwn(value === 'own' ? policyForm(policy) : undefined)}
              >
                <Stack gap={6} mt={6}>
                  <Radio value="mesh" label="As the mesh has it" />
                  <Radio value="own" label="Otherwise, for this upgrade" />
                </Stack>
              </Radio.Group>
              {own ? (
                <PolicyEditor value={own} onChange={setOwn} />
              ) : (
                <PolicyInWords policy={policy} />
              )}
            </Stack>
          ) : (
            !settings.error && <Waiting>Reading the settings</Waiting>
          )}
        </Panel>
        <Panel>
          <Stack>
            <TextInput
              label="Why"
              description="Optional, for the history"
              maxLength={1000}
              value={message}
              onChange={({ currentTarget }) => setMessage(currentTarget.value)}
            />
            <ErrorNote error={plan.error} />
            <Group gap="xs">
              <Button type="submit" loading={plan.isPending} disabled={!isValid}>
                Make the plan
              </Button>
              <Button variant="default" component={Link} to={`/meshes/${meshId}/upgrades`}>
                Cancel
              </Button>
            </Group>
          </Stack>
        </Panel>
      </Stack>
    </form>
  );
}

interface VersionChoiceProps {
  readonly known: Parameters<typeof versionGroups>[0];
  readonly value: string;
  onChange(version: string): void;
}

function VersionChoice({ known, value, onChange }: VersionChoiceProps) {
  const now = useNow();
  const version = known.find((one) => one.version === value);
  const isOver = version?.endOfLife && Date.parse(version.endOfLife) <= now;
  return (
    <Stack gap="sm">
      <NativeSelect
        label="Target version"
        description="Clusters that are more than a minor version behind go there in several hops"
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
        data={versionGroups(known, now).map(({ group, items }) => ({ group, items: [...items] }))}
      />
      {version && !version.isVerified && (
        <Alert color="orange" variant="light" title={`${version.version} is not verified`}>
          <Text size="sm">
            Nobody has looked up what this version needs and changes. What a plan says of it may not
            be all there is to say.
          </Text>
        </Alert>
      )}
      {version?.endOfLife && isOver && (
        <Alert color="orange" variant="light" title={`${version.minor} is out of support`}>
          <Text size="sm">
            Since {dateInWords(version.endOfLife)} it gets no fixes any more. Choose a newer one if
            nothing keeps you.
          </Text>
        </Alert>
      )}
    </Stack>
  );
}

interface ClusterChoiceProps {
  readonly clusters: readonly FleetCluster[];
  readonly value: ReadonlySet<string>;
  onChange(ids: ReadonlySet<string>): void;
}

function ClusterChoice({ clusters, value, onChange }: ClusterChoiceProps) {
  const [text, setText] = useState('');
  const present = clusters.filter(({ status }) => status !== 'REMOVED');
  const matching = present.filter(({ name }) => name.includes(text.trim().toLowerCase()));
  const toggle = (id: string): void => {
    const next = new Set(value);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <Stack gap="xs">
      {present.length > 10 && (
        <FilterInput label="clusters to choose" value={text} onChange={setText} />
      )}
      <Checkbox.Group
        label={`${value.size} of ${present.length} chosen`}
        value={[...value]}
        onChange={() => {}}
      >
        <div className="upgrade-choice">
          {matching.slice(0, mostShown).map(({ id, name, istio }) => (
            <Checkbox
              key={id}
              value={id}
              label={name}
              description={istioInWords(istio)}
              onChange={() => toggle(id)}
            />
          ))}
        </div>
      </Checkbox.Group>
      {matching.length > mostShown && (
        <Text size="sm" c="dimmed">
          And {matching.length - mostShown} more: filter for them.
        </Text>
      )}
    </Stack>
  );
}

function istioInWords(istio: FleetCluster['istio']): string {
  if (!istio) return 'its agent has not told of Istio';
  const versions = istio.revisions.map(({ version }) => version).join(', ');
  return versions === '' ? 'no Istio' : versions;
}
