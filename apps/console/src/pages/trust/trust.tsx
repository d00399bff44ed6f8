import { Code, Skeleton, Stack, Tabs, Text } from '@mantine/core';
import { useParams, useSearchParams } from 'react-router';
import { useApi, useRows } from '../../api/index.js';
import { Empty, ErrorNote, PageHead, Panel, useNow } from '../../parts/index.js';
import { Anchors } from './anchors.js';
import { AgentList, SigningList } from './certificates.js';
import { Chain } from './chain.js';
import { MeshTrust, membersOf, TrustMembers } from './members.js';
import './trust.css';

/** Who vouches for whom in the mesh, until when, and what happens then. */
export default function TrustPage() {
  const { meshId = '' } = useParams();
  const { data, error } = useApi(MeshTrust, { meshId });
  const clusters = useRows(TrustMembers, { meshId }, ({ mesh }) => mesh.clusters);
  const now = useNow();
  const trust = data?.mesh.trust;
  const rows = membersOf(clusters.rows, trust?.signingCertificates ?? []);
  const members = {
    ...clusters,
    rows,
    isPending: clusters.isPending || !trust,
    error: clusters.error ?? error,
  };
  return (
    <>
      <PageHead
        title="Trust"
        about="Workloads of all clusters prove to each other who they are, because one anchor vouches for what each istiod signs. Private keys of clusters never leave them."
      />
      <Stack>
        <ErrorNote error={error ?? clusters.error} />
        <Panel title="Chain">
          {!trust || clusters.isPending ? (
            !error &&
            !clusters.error && (
              <Skeleton height={180} role="status" aria-label="The chain is loading" />
            )
          ) : trust.anchors.length === 0 ? (
            <Empty title="No anchor yet">
              The plane makes the mesh’s root by itself, moments after the mesh.
            </Empty>
          ) : (
            <Chain
              anchors={trust.anchors}
              members={rows}
              trustDomain={trust.trustDomain}
              now={now}
            />
          )}
        </Panel>
        {trust && trust.anchors.length > 0 && <Anchors anchors={trust.anchors} now={now} />}
        <Panel title="Certificates">
          <Certificates members={members} anchors={trust?.anchors ?? []} now={now} />
        </Panel>
      </Stack>
    </>
  );
}

function Certificates(props: Parameters<typeof SigningList>[0]) {
  const [params, setParams] = useSearchParams();
  const tab = params.get('of') === 'agents' ? 'agents' : 'signing';
  const show = (next: string | null): void => {
    // A filter of one list means nothing in the other.
    setParams(next === 'agents' ? { of: 'agents' } : {}, {
      replace: true,
      preventScrollReset: true,
    });
  };
  return (
    <Tabs value={tab} onChange={show} keepMounted={false} id="certificates">
      <Tabs.List mb="md">
        <Tabs.Tab value="signing">Of each istiod</Tabs.Tab>
        <Tabs.Tab value="agents">Of each agent</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="signing">
        <Text size="sm" c="dimmed" maw={760} mb="md">
          By it a cluster’s istiod signs for the workloads there: 90 days, renewed at two thirds of
          them. The agent makes the key, the plane signs, and the agent stores both as Secret{' '}
          <Code className="code">cacerts</Code>.
        </Text>
        <SigningList {...props} />
      </Tabs.Panel>
      <Tabs.Panel value="agents">
        <Text size="sm" c="dimmed" maw={760} mb="md">
          By it an agent calls the hub, and nothing else: it comes from the plane’s own authority,
          not from the anchors of the mesh. It lasts a day and is renewed at half of it. For 30 days
          after its end the agent still comes back by itself.
        </Text>
        <AgentList {...props} />
      </Tabs.Panel>
    </Tabs>
  );
}
