import { Anchor, Skeleton, Stack, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { useApi } from '../../api/index.js';
import { CopyText, ErrorNote, Facts, PageHead, Panel, RoleNote, Time } from '../../parts/index.js';
import { GrantList } from './grant-list.js';
import { PolicyList } from './policy-list.js';
import { MeshFacts } from './queries.js';

/** What is said of the mesh as a whole. */
export default function SettingsPage() {
  const { meshId = '' } = useParams();
  return (
    <>
      <PageHead title="Settings" about="What holds for the whole mesh." />
      <Stack>
        <RoleNote needs="OPERATOR" what="Changing settings" />
        <Panel title="Mesh">
          <Mesh meshId={meshId} />
        </Panel>
        <PolicyList meshId={meshId} />
        <GrantList meshId={meshId} />
      </Stack>
    </>
  );
}

const drift = { REVERT: 'put back', TOLERATE: 'left as it is', ADOPT: 'made a release' } as const;

function Mesh({ meshId }: { readonly meshId: string }) {
  const { data, error } = useApi(MeshFacts, { meshId });
  if (error) return <ErrorNote error={error} />;
  if (!data) return <Skeleton height={120} role="status" aria-label="The mesh is loading" />;
  const { mesh } = data;
  return (
    <>
      <Facts
        of={[
          ['Name', mesh.name],
          ['Trust domain', <CopyText key="domain" text={mesh.trustDomain} label="trust domain" />],
          ['Id', <CopyText key="id" text={mesh.id} label="mesh id" />],
          ['Made', <Time key="made" at={mesh.createdAt} />],
          [
            'Drift is',
            <>
              {drift[mesh.configuration.driftPolicy]}
              {' · '}
              <Anchor
                component={Link}
                to={`/meshes/${meshId}/configuration/settings`}
                inherit
                underline="always"
              >
                Drift and rollout policy
              </Anchor>
            </>,
          ],
        ]}
      />
      <Text size="sm" c="dimmed" mt="md" maw={640}>
        Name and trust domain stay what they are: certificates of every cluster carry them.
      </Text>
    </>
  );
}
