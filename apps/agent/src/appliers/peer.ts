import { type GatewayAddress, Intents, type PeerIntent } from '@isthmus/contracts';
import { isDnsLabel } from '@isthmus/kernel';
import type { Conditioned, ObjectCondition } from '../kube/kinds.js';
import {
  type Acceptance,
  type Applier,
  crdMissing,
  type Desired,
  nothing,
  ownMetadata,
  type Plan,
  type View,
  waitingForSettings,
} from './plan.js';

/** Label by which Istio knows which network something is in, or leads to. */
export const networkLabel = 'topology.istio.io/network';

/** The Gateway API takes no more in one Gateway. */
const mostAddresses = 16;

/**
 * The way into a remote network: a Gateway of class `istio-remote` that holds the addresses of
 * its east-west gateways. Nothing is deployed for it.
 */
export const peerApplier: Applier<PeerIntent> = {
  plan(name, intent, view): Plan {
    if (!view.settings) return waitingForSettings;
    const { network } = intent;
    if (network === view.settings.network) return nothing;
    if (!isDnsLabel(network)) {
      return {
        objects: [],
        refused: { reason: 'InvalidName', message: `'${network}' cannot name a network` },
      };
    }
    const kind = view.kind('Gateway');
    if (!kind) return crdMissing('Gateway', 'gateway.networking.k8s.io');
    if (intent.addresses.length === 0) {
      const message = `network ${network} has no reachable east-west gateway; give its gateway Service an address`;
      return { objects: [], waiting: { reason: 'NoGatewayAddress', message } };
    }
    const ref = { type: Intents.Peer.name, name };
    const namespace = view.istioNamespace;
    const objects = byPort(intent.addresses).map(([port, addresses], index): Desired => {
      const labels = { [networkLabel]: network };
      const metadata = ownMetadata(ref, {
        namespace,
        // A Gateway has one port for all its addresses.
        name: index === 0 ? `remote-${network}` : `remote-${network}-${port}`,
        labels,
      });
      return {
        kind,
        object: { metadata, spec: gatewaySpec(port, addresses.slice(0, mostAddresses)) },
      };
    });
    return { objects };
  },

  acceptance(objects, intent, view, live): Acceptance {
    if (objects.length === 0) return { state: 'unknown' };
    const lost = intent.addresses.find((address) => isLost(address, view));
    if (lost) {
      const message = `${lost.value} does not resolve in this cluster; mend its DNS record`;
      return { state: 'refused', reason: 'HostnameUnresolved', message };
    }
    for (const desired of objects) {
      const verdict = verdictOf(live(desired) as Conditioned | undefined);
      if (verdict.state !== 'yes') return verdict;
    }
    return { state: 'yes' };
  },
};

/** Whether istiod drops an address without a word. */
export function isLost({ type, value }: GatewayAddress, view: View): boolean {
  return type === 'Hostname' && view.resolves(value) === false;
}

/** Addresses by port: 15443 first, then ascending. */
function byPort(addresses: readonly GatewayAddress[]): [number, GatewayAddress[]][] {
  const ports = new Map<number, GatewayAddress[]>();
  for (const address of addresses) {
    const port = address.port || eastWestPort;
    ports.set(port, [...(ports.get(port) ?? []), address]);
  }
  const rank = (port: number): number => (port === eastWestPort ? 0 : port);
  return [...ports].sort(([a], [b]) => rank(a) - rank(b));
}

/** Where east-west gateways listen. */
export const eastWestPort = 15443;

function gatewaySpec(port: number, addresses: readonly GatewayAddress[]): object {
  return {
    gatewayClassName: 'istio-remote',
    addresses: addresses.map(({ type, value }) =>
      type === 'Hostname' ? { type: 'Hostname', value } : { value },
    ),
    listeners: [
      {
        name: 'cross-network',
        port,
        protocol: 'TLS',
        tls: {
          mode: 'Passthrough',
          options: { 'gateway.istio.io/listener-protocol': 'auto-passthrough' },
        },
      },
    ],
  };
}

/** What istiod says of a Gateway, of the state that it is in now. */
function verdictOf(gateway: Conditioned | undefined): Acceptance {
  const waiting = {
    reason: 'WaitingForIstiod',
    message: 'istiod has not looked at the Gateway yet',
  };
  const conditions = ['Accepted', 'Programmed'].map((type) =>
    gateway?.status?.conditions?.find(
      (condition: ObjectCondition) =>
        condition.type === type && condition.observedGeneration === gateway.metadata.generation,
    ),
  );
  const refusal = conditions.find((condition) => condition?.status === 'False');
  if (refusal) return { state: 'refused', reason: refusal.reason, message: refusal.message };
  if (conditions.every((condition) => condition?.status === 'True')) return { state: 'yes' };
  return { state: 'pending', ...waiting };
}
