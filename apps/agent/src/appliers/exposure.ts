import { type ExposureIntent, Intents } from '@isthmus/contracts';
import { eastWestPort } from './peer.js';
import { type Applier, crdMissing, type Desired, nothing, ownMetadata, type Plan } from './plan.js';

const localSuffix = '.svc.cluster.local';
const clusterSetSuffix = '.svc.clusterset.local';
const host = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/;

/**
 * What this cluster's east-west gateways may serve: exactly the exported hosts, each with its
 * `clusterset.local` twin, and never a pattern: what is behind `*.local` is every service there is.
 */
export const exposureApplier: Applier<ExposureIntent> = {
  plan(name, intent, view): Plan {
    const odd = intent.hosts.find((candidate) => !host.test(candidate));
    if (odd !== undefined) {
      const message = `'${odd.slice(0, 260)}' is not a host name; patterns are never exposed`;
      return { objects: 'keep', refused: { reason: 'InvalidHost', message } };
    }
    if (intent.hosts.length === 0) return nothing;
    const kind = view.kind('IstioGateway');
    if (!kind) return crdMissing('Gateway', 'networking.istio.io');
    const hosts = [...new Set(intent.hosts.flatMap(withClusterSet))].sort();
    const objects = new Map<string, Desired>();
    for (const gateway of view.gateways()) {
      const { namespace, selector } = gateway;
      const pods = JSON.stringify([namespace, Object.entries(selector).sort()]);
      // Two Services of the same pods need one Gateway; one without a selector has none to name.
      if (Object.keys(selector).length === 0 || objects.has(pods)) continue;
      const metadata = ownMetadata(
        { type: Intents.Exposure.name, name },
        { namespace, name: `isthmus-exposure-${gateway.name}` },
      );
      objects.set(pods, {
        kind,
        object: { metadata, spec: { selector, servers: [server(hosts)] } },
      });
    }
    if (objects.size > 0) return { objects: [...objects.values()] };
    const message = `no east-west gateway: label its Service topology.istio.io/network and give it port ${eastWestPort}`;
    return { objects: [], waiting: { reason: 'NoEastWestGateway', message } };
  },
};

function withClusterSet(exported: string): string[] {
  if (!exported.endsWith(localSuffix)) return [exported];
  return [exported, exported.slice(0, -localSuffix.length) + clusterSetSuffix];
}

function server(hosts: readonly string[]): object {
  return {
    port: { number: eastWestPort, name: 'tls', protocol: 'TLS' },
    tls: { mode: 'AUTO_PASSTHROUGH' },
    hosts,
  };
}
