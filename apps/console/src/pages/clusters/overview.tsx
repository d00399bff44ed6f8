import { Anchor, Badge, Code, Progress, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import {
  Facts,
  Panel,
  StateStatus,
  Status,
  statusTones,
  statusWords,
  Time,
} from '../../parts/index.js';
import { HeldRemovals } from './actions.js';
import { AgentPanel } from './agent-panel.js';
import { JoiningSteps } from './joining-steps.js';
import { LabelEditor } from './label-editor.js';
import type { ClusterNode } from './queries.js';
import type { TabProps } from './tab.js';

/** What a cluster is, and how it stands. */
export function Overview({ cluster, meshId }: TabProps) {
  const { status, joining, conditions, heldRemovals, removedAt } = cluster;
  return (
    <div className="cluster-grid">
      <Stack gap="md">
        <Panel title="Cluster">
          <Facts
            of={[
              [
                'Status',
                <Status key="status" tone={statusTones[status]}>
                  {statusWords[status]}
                </Status>,
              ],
              ...(removedAt ? ([['Removed', <Time key="removed" at={removedAt} />]] as const) : []),
              ['Last contact', <Time key="contact" at={cluster.lastContactAt} />],
              ['Connected', <Time key="connected" at={cluster.connectedAt} />],
              ['Registered', <Time key="registered" at={cluster.createdAt} />],
              ['Kubernetes', cluster.kubernetesVersion],
              ['Istio', cluster.istioVersions.join(', ') || istioOf(joining)],
              ['Network', cluster.network],
              ['Locality', cluster.locality],
              ['CIDRs', cluster.cidrs.length === 0 ? 'any address' : cluster.cidrs.join(', ')],
              ['Capabilities', cluster.capabilities.join(', ') || null],
            ]}
          />
        </Panel>
        <Panel title="Labels" actions={<LabelEditor cluster={cluster} />}>
          {cluster.labels.length === 0 ? (
            <Text size="sm" c="dimmed">
              None. Rollouts and configuration select clusters by labels, such as env=prod.
            </Text>
          ) : (
            <div className="cluster-labels">
              {cluster.labels.map(({ key, value }) => (
                <Badge key={key} variant="default" tt="none" fw={500}>
                  {value === '' ? key : `${key}=${value}`}
                </Badge>
              ))}
            </div>
          )}
        </Panel>
        <AgentPanel cluster={cluster} meshId={meshId} />
        <Gateways cluster={cluster} />
      </Stack>
      <Stack gap="md">
        <Configuration cluster={cluster} meshId={meshId} />
        <Certificates cluster={cluster} />
        <Panel title="Conditions">
          {conditions.length === 0 ? (
            <Text size="sm" c="dimmed">
              {status === 'PENDING'
                ? 'Its agent has not come yet.'
                : 'The agent reports no problem.'}
            </Text>
          ) : (
            <Facts
              of={conditions.map(({ type, status: state, reason, message }) => [
                type,
                <span key={type}>
                  <Code className="code">{`${state} · ${reason}`}</Code> {message}
                </span>,
              ])}
            />
          )}
        </Panel>
        {heldRemovals.length > 0 && (
          <Panel title="Held removals">
            <HeldRemovals of={heldRemovals} />
          </Panel>
        )}
        {!joining.done && (
          <Panel
            title="How it joins"
            actions={
              <Anchor component={Link} to="join" size="sm">
                Helm command and diagnosis
              </Anchor>
            }
          >
            <JoiningSteps joining={joining} />
          </Panel>
        )}
      </Stack>
    </div>
  );
}

/** Of an Istio that tells no version: what the agent has found, as a step of joining says it. */
function istioOf({ steps }: ClusterNode['joining']): string | undefined {
  return steps.find(({ name, state }) => name === 'ISTIO' && state === 'DONE')?.message;
}

function Configuration({ cluster: { configuration }, meshId }: TabProps) {
  if (!configuration || configuration.number === null || configuration.number === undefined) {
    return (
      <Panel title="Configuration">
        <Text size="sm" c="dimmed">
          No release is rolled out to it.{' '}
          <Anchor
            component={Link}
            inherit
            underline="always"
            to={`/meshes/${meshId}/configuration`}
          >
            Write configuration
          </Anchor>
          , or take over what the cluster has: see Inventory.
        </Text>
      </Panel>
    );
  }
  const { number, release, objects, stored, refused, accepted, unaccepted, absent, pending } =
    configuration;
  const { current, live, liveMessage, proxies, proxiesLive, problems } = configuration;
  const judged = accepted + unaccepted;
  return (
    <Panel title="Configuration">
      <Stack gap="md">
        <Facts
          of={[
            [
              'Release',
              <span key="release">
                <Anchor
                  component={Link}
                  inherit
                  underline="always"
                  to={`/meshes/${meshId}/configuration/releases/${number}`}
                >
                  {number}
                </Anchor>
                {release?.message && ` · ${release.message}`}
              </span>,
            ],
            [
              'Sent',
              <Status key="sent" tone={current ? 'ok' : 'busy'}>
                {current ? 'the agent has it' : 'the agent does not speak of it yet'}
              </Status>,
            ],
            [
              'Live',
              <span key="live">
                <StateStatus state={live} />
                {live === 'UNKNOWN' && ' · istiod does not tell here'}
                {liveMessage && ` · ${liveMessage}`}
              </span>,
            ],
            ...(absent > 0
              ? ([['Left out', `${absent}, whose namespace it does not have`]] as const)
              : []),
          ]}
        />
        <div className="bars">
          <Bar label="Stored" done={stored} of={objects} refused={refused} pending={pending} />
          {judged > 0 && <Bar label="Accepted" done={accepted} of={judged} refused={unaccepted} />}
          {proxies > 0 && <Bar label="Live at proxies" done={proxiesLive} of={proxies} />}
        </div>
        {problems.length > 0 && (
          <ul className="cluster-list">
            {problems.map(({ object, reason, message }) => (
              <li key={`${object} ${reason}`}>
                <Text size="sm" component="span">
                  <b>{object}</b>: {message} <Code className="code">{reason}</Code>
                </Text>
              </li>
            ))}
          </ul>
        )}
      </Stack>
    </Panel>
  );
}

interface BarProps {
  readonly label: string;
  readonly done: number;
  readonly of: number;
  readonly refused?: number;
  readonly pending?: number;
}

function Bar({ label, done, of, refused = 0, pending = 0 }: BarProps) {
  const percent = (count: number): number => (of === 0 ? 0 : (100 * count) / of);
  const more = [refused > 0 && `${refused} refused`, pending > 0 && `${pending} pending`].filter(
    Boolean,
  );
  return (
    <div>
      <div className="bar-head">
        <span>{label}</span>
        <span>
          {done} of {of}
          {more.length > 0 && `, ${more.join(', ')}`}
        </span>
      </div>
      <Progress.Root size="md" aria-hidden>
        <Progress.Section value={percent(done)} color="var(--isthmus-ok)" />
        <Progress.Section value={percent(refused)} color="var(--isthmus-bad)" />
      </Progress.Root>
    </div>
  );
}

function Certificates({ cluster }: { readonly cluster: ClusterNode }) {
  const { signingCertificate, agentCertificateExpiresAt, recoveries } = cluster;
  return (
    <Panel title="Certificates">
      <Facts
        of={[
          [
            'Agent’s ends',
            agentCertificateExpiresAt ? (
              <Time key="agent" at={agentCertificateExpiresAt} />
            ) : (
              'it has none yet'
            ),
          ],
          [
            'Signing ends',
            signingCertificate ? (
              <Time key="signing" at={signingCertificate.notAfter} />
            ) : (
              'its istiod has none yet'
            ),
          ],
          ...(signingCertificate
            ? ([
                ['Signing is renewed', <Time key="renew" at={signingCertificate.renewAt} />],
                ['Signing since', <Time key="since" at={signingCertificate.notBefore} />],
                [
                  'Serial',
                  <Code key="serial" className="code break">
                    {signingCertificate.serial}
                  </Code>,
                ],
              ] as const)
            : []),
          ...(recoveries > 0
            ? ([['Recoveries', `${recoveries}, with a certificate that had ended`]] as const)
            : []),
        ]}
      />
      <Text size="sm" c="dimmed" mt="xs">
        The agent renews both by itself as long as it is in contact.
      </Text>
    </Panel>
  );
}

function Gateways({ cluster: { gateways, network } }: { readonly cluster: ClusterNode }) {
  return (
    <Panel title="East-west gateways">
      {gateways.length === 0 ? (
        <Text size="sm" c="dimmed">
          None. Other networks reach {network} through a gateway of one of its clusters; within{' '}
          {network} none is needed.
        </Text>
      ) : (
        <Facts
          of={gateways.map((gateway) => [
            `${gateway.namespace}/${gateway.name}`,
            <span key={gateway.name}>
              {gateway.addresses.length === 0
                ? 'no address yet'
                : gateway.addresses.map(({ value, port }) => `${value}:${port}`).join(', ')}
              {gateway.network !== network &&
                ` · of the network ${gateway.network || '(none)'}, not used`}
            </span>,
          ])}
        />
      )}
    </Panel>
  );
}
