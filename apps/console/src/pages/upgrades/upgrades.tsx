import { Button, Skeleton, Tabs } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type ComponentType, lazy, Suspense } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { useMay } from '../../api/index.js';
import { PageHead } from '../../parts/index.js';
import { UpgradeList } from './upgrade-list.js';
import './upgrades.css';

interface TabProps {
  readonly meshId: string;
}

const tabs: Readonly<Record<string, readonly [title: string, Tab: ComponentType<TabProps>]>> = {
  upgrades: ['Upgrades', UpgradeList],
  istio: ['Istio in the fleet', lazy(() => import('./fleet-istio.js'))],
  settings: ['Channels and windows', lazy(() => import('./settings.js'))],
};

export default function UpgradesPage() {
  const { meshId = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const mayPlan = useMay('OPERATOR');
  const asked = params.get('tab') ?? 'upgrades';
  const tab = Object.hasOwn(tabs, asked) ? asked : 'upgrades';
  return (
    <>
      <PageHead
        title="Upgrades"
        about="Newer versions of Istio on their way through the clusters: a second istiod beside the first, workloads moved over in waves, the old one removed at the end."
      >
        {mayPlan && (
          <Button component={Link} to="new" leftSection={<IconPlus size={16} aria-hidden />}>
            Plan an upgrade
          </Button>
        )}
      </PageHead>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) =>
          // What a list is filtered by goes with its tab.
          setParams(value === null || value === 'upgrades' ? {} : { tab: value }, { replace: true })
        }
      >
        <Tabs.List mb="md" aria-label="What of upgrades is shown">
          {Object.entries(tabs).map(([key, [title]]) => (
            <Tabs.Tab key={key} value={key}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {Object.entries(tabs).map(([key, [, Tab]]) => (
          <Tabs.Panel key={key} value={key}>
            <Suspense fallback={<Skeleton height={180} />}>
              <Tab meshId={meshId} />
            </Suspense>
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}
