import { Alert, Group, Skeleton, Stack, Tabs, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleXFilled } from '@tabler/icons-react';
import { type ComponentType, lazy, Suspense } from 'react';
import { useParams, useSearchParams } from 'react-router';
import {
  ErrorNote,
  type Health,
  healthOf,
  PageHead,
  Remedy,
  Status,
  sentence,
  Time,
  useNow,
} from '../../parts/index.js';
import { Actions } from './actions.js';
import './clusters.css';
import { Loading } from './loading.js';
import { Overview } from './overview.js';
import type { TabProps } from './tab.js';
import { Unreadable } from './unreadable.js';
import { useCluster } from './use-cluster.js';

const tabs: Readonly<Record<string, readonly [title: string, Tab: ComponentType<TabProps>]>> = {
  overview: ['Overview', Overview],
  exports: ['Exports', lazy(() => import('./exports.js'))],
  imports: ['Imports', lazy(() => import('./imports.js'))],
  intents: ['Intents', lazy(() => import('./intents.js'))],
  istio: ['Istio', lazy(() => import('./istio.js'))],
  drift: ['Drift', lazy(() => import('./drift.js'))],
  inventory: ['Inventory', lazy(() => import('./inventory.js'))],
};

export default function ClusterPage() {
  const { meshId = '', clusterId = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const { data, error } = useCluster(clusterId);
  const now = useNow();
  const asked = params.get('tab') ?? 'overview';
  const tab = Object.hasOwn(tabs, asked) ? asked : 'overview';
  if (!data) return error ? <Unreadable meshId={meshId} error={error} /> : <Loading />;
  const { cluster } = data;
  const health = healthOf(cluster, now);
  return (
    <>
      <PageHead
        title={cluster.name}
        about={
          <Group gap="md">
            <Status tone={health.tone}>{health.word}</Status>
            <span>
              Last contact <Time at={cluster.lastContactAt} />
            </span>
          </Group>
        }
        above={[['Fleet', `/meshes/${meshId}/fleet`]]}
      >
        <Actions cluster={cluster} meshId={meshId} />
      </PageHead>
      <ErrorNote error={error} mb="md" />
      <Problems of={health} />
      {cluster.status === 'OUT_OF_CONTACT' && (
        <Alert
          mb="md"
          color="orange"
          variant="light"
          icon={<IconAlertTriangle />}
          title="Its agent is not heard of"
        >
          <Text size="sm">
            What is shown is what it said last. The cluster goes on as it is, and others keep its
            exports as they were. See its agent’s log: kubectl -n isthmus-system logs
            deployment/isthmus-agent.
          </Text>
        </Alert>
      )}
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) =>
          // What a list is filtered by goes with its tab.
          setParams(value === null || value === 'overview' ? {} : { tab: value }, { replace: true })
        }
      >
        <Tabs.List mb="md" aria-label={`What of ${cluster.name} is shown`}>
          {Object.entries(tabs).map(([key, [title]]) => (
            <Tabs.Tab key={key} value={key}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {Object.entries(tabs).map(([key, [, Tab]]) => (
          <Tabs.Panel key={key} value={key}>
            <Suspense fallback={<Skeleton height={180} />}>
              <Tab cluster={cluster} meshId={meshId} />
            </Suspense>
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}

/** All that somebody should do something about. */
function Problems({ of }: { readonly of: Health }) {
  if (of.problems.length === 0) return null;
  return (
    <Stack gap="xs" mb="md">
      {of.problems.map(({ tone, title, message, remedy }) => (
        <Alert
          key={`${title} ${message}`}
          color={tone === 'bad' ? 'red' : 'orange'}
          variant="light"
          icon={tone === 'bad' ? <IconCircleXFilled /> : <IconAlertTriangle />}
          title={title}
        >
          <Text size="sm" className="break">
            {sentence(message)}
          </Text>
          {remedy && <Remedy text={remedy} />}
        </Alert>
      ))}
    </Stack>
  );
}
