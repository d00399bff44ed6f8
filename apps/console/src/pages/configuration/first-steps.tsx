import { Anchor, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { CopyCode, Panel, RoleNote } from '../../parts/index.js';
import { Fold } from './changes.js';

/** Without the token itself, which would stay in the shell's history. */
const apply = (meshId: string): string => `curl ${location.origin}/graphql \\
  -H "authorization: Bearer $ISTHMUS_TOKEN" -H 'content-type: application/json' \\
  -d "$(jq -n --arg mesh ${meshId} --rawfile content shop/access.yaml '{
    query: "mutation ($input: ApplyConfigurationInput!) { applyConfiguration(input: $input) { release { number } rollout { id } warnings { message remedy } } }",
    variables: { input: { meshId: $mesh, message: "from CI", files: [{ path: "shop/access.yaml", content: $content }] } } }')"`;

/** In place of what the mesh runs, before its first release. */
export function FirstSteps({ meshId }: { readonly meshId: string }) {
  const base = `/meshes/${meshId}`;
  return (
    <Panel title="Nothing is configured yet">
      <Stack>
        <Text size="sm">
          The mesh runs on Istio’s own defaults. There are several ways to give it more, and they go
          together.
        </Text>
        <div className="intent-kinds">
          <FirstStep title="Say what you mean">
            Who may call whom, how long to wait, where to go when a region fails: forms that become
            Istio’s objects.{' '}
            <Anchor
              component={Link}
              to={`${base}/configuration/intents/new`}
              size="sm"
              underline="always"
            >
              New intent
            </Anchor>
          </FirstStep>
          <FirstStep title="Write YAML">
            Istio’s and the Gateway API’s own kinds, checked as you type.{' '}
            <Anchor component={Link} to={`${base}/configuration/edit`} size="sm" underline="always">
              Open the editor
            </Anchor>
          </FirstStep>
          <FirstStep title="Take over what a cluster has">
            Ask a cluster for its own objects and make a release of them: see the inventory on the
            page of the cluster.{' '}
            <Anchor component={Link} to={`${base}/fleet`} size="sm" underline="always">
              To the fleet
            </Anchor>
          </FirstStep>
        </div>
        <Fold
          title={
            <Text component="span" size="sm" fw={600}>
              From a repository, by CI
            </Text>
          }
        >
          <Stack gap="xs">
            <Text size="sm">
              Make an{' '}
              <Anchor component={Link} to="/tokens" size="sm" underline="always">
                API token
              </Anchor>{' '}
              of the role operator, put it into ISTHMUS_TOKEN, and apply the folder at each merge.
              The same files again change nothing.
            </Text>
            <CopyCode code={apply(meshId)} label="command" />
          </Stack>
        </Fold>
        <RoleNote needs="OPERATOR" what="Releasing configuration" />
      </Stack>
    </Panel>
  );
}

function FirstStep({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="intent-kind">
      <Text fw={600} mb={4}>
        {title}
      </Text>
      <Text size="sm" component="div">
        {children}
      </Text>
    </div>
  );
}
