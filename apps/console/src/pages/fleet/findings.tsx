import { Alert, Anchor, Code, List, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import { sentence } from '../../parts/index.js';

interface Finding {
  readonly clusterId?: string | null;
  readonly code: string;
  readonly message: string;
}

interface FindingsProps {
  readonly of: readonly Finding[];
  readonly nameOf: (clusterId: string) => string | undefined;
}

/** So many of a kind are told at once. */
const most = 5;

const kinds: Readonly<Record<string, { readonly title: string; readonly remedy: string }>> = {
  NetworkWithoutGateway: {
    title: 'A network cannot be entered from outside',
    remedy:
      'Install an east-west gateway in one cluster of the network, and see that its Service of type LoadBalancer gets an address.',
  },
  GatewayOfAnotherNetwork: {
    title: 'A gateway is labelled as of another network',
    remedy:
      'Label the gateway’s Service and Pods with the network in which the cluster is registered: topology.istio.io/network.',
  },
  AmbientNotSupported: {
    title: 'Ambient mode is not reached by imports',
    remedy:
      'Use sidecars in the namespaces that take part in the mesh: label them istio-injection=enabled.',
  },
};

/** What keeps the mesh from working although every part does, by kind, with what to do. */
export function Findings({ of, nameOf }: FindingsProps) {
  if (of.length === 0) return null;
  return (
    <Stack gap="sm" mb="md">
      {[...Map.groupBy(of, ({ code }) => code)].map(([code, findings]) => (
        <Alert
          key={code}
          color="orange"
          variant="light"
          icon={<IconAlertTriangle />}
          title={kinds[code]?.title ?? 'Something keeps the mesh from working'}
        >
          <Stack gap={6}>
            <List size="sm" spacing={4} className="findings">
              {findings.slice(0, most).map(({ clusterId, message }) => (
                <List.Item key={`${clusterId} ${message}`}>
                  {sentence(message)}{' '}
                  {clusterId && nameOf(clusterId) !== undefined && (
                    <Anchor
                      component={Link}
                      to={`../clusters/${clusterId}`}
                      size="sm"
                      underline="always"
                    >
                      Cluster {nameOf(clusterId)}
                    </Anchor>
                  )}
                </List.Item>
              ))}
            </List>
            {findings.length > most && (
              <Text size="sm">And {findings.length - most} more of the same.</Text>
            )}
            <Text size="sm">
              {kinds[code]?.remedy} <Code className="code">{code}</Code>
            </Text>
          </Stack>
        </Alert>
      ))}
    </Stack>
  );
}
