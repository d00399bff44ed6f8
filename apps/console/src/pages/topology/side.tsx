import { Anchor, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { Link } from 'react-router';
import { Facts, Panel, Status } from '../../parts/index.js';
import { mutualTlsWords } from './graph.js';
import {
  type Cluster,
  clusterTones,
  clusterWords,
  counted,
  exportTone,
  exportWord,
  importTones,
  importWords,
  type Service,
} from './model.js';

interface SideProps {
  readonly meshId: string;
  readonly clusters: ReadonlyMap<string, Cluster>;
  onFocus(id: string): void;
}

function Close({ onFocus }: Pick<SideProps, 'onFocus'>) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconX size={14} />}
      onClick={() => onFocus('')}
    >
      Show all
    </Button>
  );
}

/** All of one service that the picture has no room for. */
export function ServiceSide({ service, ...props }: SideProps & { readonly service: Service }) {
  const { meshId, clusters, onFocus } = props;
  const { host, namespace, name, identities, mutualTls, policies, exporters, importers } = service;
  const nameOf = (id: string): string => clusters.get(id)?.name ?? id;
  const networks = [...new Set(exporters.map(({ network }) => network))];
  const across = networks.filter((network) =>
    importers.some(({ clusterId }) => clusters.get(clusterId)?.network !== network),
  );
  return (
    <Stack>
      <Panel title={name} actions={<Close onFocus={onFocus} />}>
        <Facts
          of={[
            ['Host', host],
            ['Namespace', namespace],
            ['mTLS', mutualTlsWords[mutualTls]],
            [
              'Identities',
              identities.length === 0 ? (
                'not known'
              ) : (
                <Stack gap={4} key="identities">
                  {identities.map((identity) => (
                    <Code key={identity} className="code break">
                      {identity}
                    </Code>
                  ))}
                </Stack>
              ),
            ],
          ]}
        />
        <Group gap="xs" mt="sm">
          <Anchor component={Link} to={`/meshes/${meshId}/services/${namespace}/${name}`} size="sm">
            Service
          </Anchor>
          <Anchor
            component={Link}
            to={`/meshes/${meshId}/reachability?${new URLSearchParams({ to: host })}`}
            size="sm"
          >
            Explain reachability from…
          </Anchor>
        </Group>
      </Panel>
      <Panel title="Policies">
        {policies.length === 0 ? (
          <Text size="sm" c="dimmed">
            The release that the mesh runs has none for it: every workload of the mesh may call it.
          </Text>
        ) : (
          <ul className="side-list">
            {policies.map((policy) => (
              <li key={`${policy.name} ${policy.action} ${policy.summary}`}>
                <b>{policy.action}</b> {policy.summary}
                <Text size="xs" c="dimmed">
                  {policy.name}
                </Text>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title="Exported by">
        <ul className="side-list">
          {exporters.map((exporter) => (
            <li key={exporter.clusterId}>
              <Group justify="space-between" gap="xs">
                <span>{nameOf(exporter.clusterId)}</span>
                <Status tone={exportTone(exporter)}>{exportWord(exporter)}</Status>
              </Group>
              <Text size="xs" c="dimmed">
                {counted(exporter.readyEndpoints, 'ready endpoint')} in network {exporter.network}
                {exporter.localities.length > 0 && `, ${exporter.localities.join(', ')}`}
                {exporter.reason && `: ${exporter.reason}`}
              </Text>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Imported by">
        {importers.length === 0 ? (
          <Text size="sm" c="dimmed">
            No cluster.
          </Text>
        ) : (
          <ul className="side-list">
            {importers.map(({ clusterId, state, reason, message }) => (
              <li key={clusterId}>
                <Group justify="space-between" gap="xs">
                  <span>{nameOf(clusterId)}</span>
                  <Status tone={importTones[state]}>{importWords[state]}</Status>
                </Group>
                {(reason || message) && (
                  <Text size="xs" c="dimmed">
                    {[reason, message].filter(Boolean).join(': ')}
                  </Text>
                )}
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {across.length > 0 && (
        <Panel title="Through gateways">
          <ul className="side-list">
            {across.map((network) => (
              <li key={network}>
                {network}: {gatewaysOf(network, clusters).join(', ') || 'none, so nothing gets in'}
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </Stack>
  );
}

interface ClusterSideProps extends SideProps {
  readonly cluster: Cluster;
  readonly services: readonly Service[];
}

/** A cluster: what it offers, what it calls. */
export function ClusterSide({ cluster, services, meshId, clusters, onFocus }: ClusterSideProps) {
  const exported = services.filter(({ exporters }) =>
    exporters.some(({ clusterId }) => clusterId === cluster.id),
  );
  const imported = services.filter(({ importers }) =>
    importers.some(({ clusterId }) => clusterId === cluster.id),
  );
  return (
    <Stack>
      <Panel title={cluster.name} actions={<Close onFocus={onFocus} />}>
        <Facts
          of={[
            [
              'Status',
              <Status key="status" tone={clusterTones[cluster.status]}>
                {clusterWords[cluster.status]}
              </Status>,
            ],
            ['Network', cluster.network],
            ['Locality', cluster.locality],
            ['Gateways', gatewaysOf(cluster.network, clusters, cluster.id).join(', ') || 'none'],
            ['Imports', counted(imported.length, 'service')],
          ]}
        />
        <Anchor component={Link} to={`/meshes/${meshId}/clusters/${cluster.id}`} size="sm">
          Cluster
        </Anchor>
      </Panel>
      <Panel title={`Exports ${counted(exported.length, 'service')}`}>
        {exported.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nothing yet.
          </Text>
        ) : (
          <ul className="side-list">
            {exported.slice(0, mostListed).map(({ id, namespace, name }) => (
              <li key={id}>
                <Anchor component="button" type="button" size="sm" onClick={() => onFocus(id)}>
                  {namespace}/{name}
                </Anchor>
              </li>
            ))}
            {exported.length > mostListed && (
              <li>and {exported.length - mostListed} more; see them as a list</li>
            )}
          </ul>
        )}
      </Panel>
    </Stack>
  );
}

const mostListed = 50;

function gatewaysOf(
  network: string,
  clusters: ReadonlyMap<string, Cluster>,
  clusterId?: string,
): string[] {
  return [...clusters.values()]
    .filter((cluster) => cluster.network === network && (clusterId ?? cluster.id) === cluster.id)
    .flatMap((cluster) =>
      cluster.gateways.map((gateway) => `${cluster.name} ${gateway.namespace}/${gateway.name}`),
    );
}
