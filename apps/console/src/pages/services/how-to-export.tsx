import { Anchor, Box, Stack } from '@mantine/core';
import { Link } from 'react-router';
import { CopyCode, Empty, Panel } from '../../parts/index.js';

const manifest = `apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata:
  namespace: shop
  name: payments`;

/** In place of the list: nobody has exported anything. */
export function HowToExport({ meshId }: { readonly meshId: string }) {
  return (
    <Panel>
      <Empty
        title="No cluster exports a service yet"
        action={
          <Box ta="left" w="100%" maw={520} mt="sm">
            <CopyCode code={manifest} label="ServiceExport" />
          </Box>
        }
      >
        <Stack gap={4}>
          <span>
            Apply a ServiceExport of the same namespace and name as the Service, in the cluster that
            has it. All other clusters of the mesh import it within seconds.
          </span>
          <span>
            To export by labels instead, without an object for each service, make an{' '}
            <Anchor
              component={Link}
              to={`/meshes/${meshId}/settings/export-policies/new`}
              size="sm"
              underline="always"
            >
              export policy
            </Anchor>
            .
          </span>
        </Stack>
      </Empty>
    </Panel>
  );
}
