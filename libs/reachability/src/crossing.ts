import type { GatewayFact } from '@isthmus/contracts';
import { type ClusterSettings, projectCluster, projectPeer } from '@isthmus/federation';
import { isBlind, withoutIstio } from './importing.js';
import type { Route } from './scene.js';
import { standingOf } from './standing.js';
import { broken, type Fault, inCluster, ok, type Step, skipped, unknown, warned } from './steps.js';

const label = 'topology.istio.io/network';
const gatewayPort = 15443;

/** Whether both clusters are in the networks that they are taken to be in. */
export function network(route: Route): Step {
  const { source, exporter, isLocal, isSameNetwork } = route;
  if (isLocal) return skipped('NETWORK', source, 'the call stays in the cluster');
  for (const cluster of [source, exporter]) {
    const fault = withoutIstio(route, cluster) ?? networkFault(route, cluster);
    if (fault) return broken('NETWORK', cluster, fault);
  }
  const blind = [source, exporter].find((cluster) => {
    const fact = route.picture.facts.agents.get(cluster.id)?.fact;
    return fact && isBlind(fact) && fact.observedNetwork === '';
  });
  if (blind && !isSameNetwork) {
    return unknown('NETWORK', blind, {
      reason: 'Forbidden',
      message: `'${blind.name}' does not let its agent read all, so which network Namespace istio-system is labelled with is not known`,
      remedy: inCluster(blind, "helm upgrade the agent's chart, whose roles allow it"),
      evidence: ['Namespace istio-system'],
    });
  }
  const message = isSameNetwork
    ? `both are in the network '${source.network}': endpoints are reached directly`
    : `from '${source.network}' to '${exporter.network}', by an east-west gateway`;
  return ok('NETWORK', exporter, message, ['Namespace istio-system']);
}

function networkFault(route: Route, cluster: ClusterSettings): Fault | undefined {
  const { picture, isSameNetwork } = route;
  const fact = picture.facts.agents.get(cluster.id)?.fact;
  if (!fact) return undefined;
  const relabel = `kubectl label namespace istio-system ${label}=${cluster.network} --overwrite`;
  const evidence = ['Namespace istio-system'];
  if (fact.observedNetwork !== '' && fact.observedNetwork !== cluster.network) {
    return {
      reason: 'NetworkMismatch',
      message: `Namespace istio-system of '${cluster.name}' is labelled ${label}=${fact.observedNetwork}, but the cluster is registered in the network '${cluster.network}'`,
      remedy: `${inCluster(cluster, relabel)}, then restart istiod; or register the cluster in that network`,
      evidence,
    };
  }
  if (fact.observedNetwork !== '' || isSameNetwork || isBlind(fact)) return undefined;
  const [, bodies] = projectCluster(picture.settings, cluster.id)[0] ?? [];
  const standing = standingOf(
    picture,
    cluster.id,
    'ClusterSettings',
    'settings',
    bodies?.get('settings'),
  );
  return {
    reason: 'NetworkLabelMissing',
    message: `Namespace istio-system of '${cluster.name}' has no label ${label}, so Istio takes every endpoint for a near one${standing.message && `: ${standing.message}`}`,
    remedy: inCluster(cluster, relabel),
    evidence,
  };
}

/** A gateway and whose it is. */
interface Entry {
  readonly cluster: ClusterSettings;
  readonly gateway: GatewayFact;
}

function gatewaysInto({ judge, exporter, picture }: Route): Entry[] {
  return (judge.networks.get(exporter.network) ?? []).flatMap((cluster) =>
    [...(picture.facts.gateways.get(cluster.id)?.values() ?? [])].flatMap(({ fact }) =>
      fact ? [{ cluster, gateway: fact }] : [],
    ),
  );
}

function isOf(network: string, { gateway }: Entry): boolean {
  return gateway.network === '' || gateway.network === network;
}

const serviceOf = ({ gateway }: Entry): string => `Service ${gateway.namespace}/${gateway.name}`;

/** Whether there is a way into the exporter's network, and the caller's cluster knows it. */
export function gateway(route: Route): Step {
  const { picture, judge, source, exporter, isSameNetwork } = route;
  if (isSameNetwork) return skipped('GATEWAY', exporter, 'no gateway is between them');
  const entries = gatewaysInto(route);
  const peer = projectPeer(judge, exporter.network, picture.facts.gateways);
  if (!peer) return broken('GATEWAY', exporter, noWayIn(route, entries));
  const used = entries.filter((entry) => isOf(exporter.network, entry));
  const evidence = used.map(serviceOf);
  const standing = standingOf(picture, source.id, 'Peer', exporter.network, peer);
  if (standing.state !== 'STORED') {
    const isUnsent = standing.state === 'UNSENT';
    return broken('GATEWAY', source, {
      reason: standing.reason || (isUnsent ? 'PeerNotSent' : 'PeerPending'),
      message: isUnsent
        ? `the agent of '${source.name}' has not said anything of the way into '${exporter.network}' yet`
        : `'${source.name}' has not taken the way into '${exporter.network}': ${standing.message}`,
      remedy: peerRemedy(route, standing.reason),
      evidence: [...standing.objects, ...evidence],
    });
  }
  const { reason, message } = standingOf(picture, source.id, 'Import', route.host, undefined);
  // It may speak of the way into another network.
  const closed = /no known way into (.+?), so/.exec(message)?.[1]?.split(', ');
  if (closed?.includes(exporter.network) ?? reason === 'NoGatewayAddress') {
    return broken('GATEWAY', source, {
      reason: 'NoGatewayAddress',
      message: `'${source.name}' left the endpoints out: ${message}`,
      remedy: inCluster(
        source,
        'install the CRDs of the Gateway API, and see that the gateway’s name resolves',
      ),
      evidence: [...standing.objects, ...evidence],
    });
  }
  if (!standing.isAcceptedYet) {
    return warned('GATEWAY', source, {
      reason: standing.reason || 'WaitingForIstiod',
      message: `'${source.name}' has the way into '${exporter.network}', and istiod there has not confirmed it`,
      remedy: inCluster(
        source,
        `kubectl -n istio-system get gateways.gateway.networking.k8s.io, and see that istiod runs`,
      ),
      evidence: [...standing.objects, ...evidence],
    });
  }
  return ok('GATEWAY', exporter, `'${exporter.network}' is entered by ${evidence.join(', ')}`, [
    ...evidence,
    ...standing.objects,
  ]);
}

function noWayIn({ exporter }: Route, entries: readonly Entry[]): Fault {
  const { network } = exporter;
  const [own] = entries.filter((entry) => isOf(network, entry));
  if (own) {
    const { namespace, name } = own.gateway;
    return {
      reason: 'NoGatewayAddress',
      message: `${serviceOf(own)} of '${own.cluster.name}' has no address, so the network '${network}' cannot be entered`,
      remedy: inCluster(
        own.cluster,
        `give its load balancer an address, or kubectl -n ${namespace} annotate service ${name} isthmus.dev/gateway-addresses=<address>`,
      ),
      evidence: entries.map(serviceOf),
    };
  }
  const [other] = entries;
  if (other) {
    const { namespace, name } = other.gateway;
    return {
      reason: 'GatewayOfAnotherNetwork',
      message: `${serviceOf(other)} of '${other.cluster.name}' is labelled as of the network '${other.gateway.network}', and the cluster is in '${network}'`,
      remedy: inCluster(
        other.cluster,
        `kubectl -n ${namespace} label service ${name} ${label}=${network} --overwrite`,
      ),
      evidence: entries.map(serviceOf),
    };
  }
  return {
    reason: 'NoEastWestGateway',
    message: `no cluster of the network '${network}' has an east-west gateway: there is no Service with the label ${label} and the port ${gatewayPort} in '${exporter.name}'`,
    remedy: inCluster(
      exporter,
      `install Istio's east-west gateway (gen-eastwest-gateway.sh --network ${network}), or label the Service of the one there is: kubectl -n istio-system label service <gateway> ${label}=${network}`,
    ),
  };
}

function peerRemedy({ source, exporter }: Route, reason: string): string {
  switch (reason) {
    case 'KindNotServed':
      return inCluster(source, 'install the CRDs of the Gateway API');
    case 'HostnameUnresolved':
      return `mend the DNS record of the gateway of '${exporter.network}', as '${source.name}' sees it`;
    case 'NotOurs':
      return inCluster(
        source,
        `delete or rename the Gateway remote-${exporter.network} in istio-system, or hand it over: kubectl annotate … isthmus.dev/adopt=true`,
      );
    default:
      return inCluster(
        source,
        `kubectl -n istio-system get gateways.gateway.networking.k8s.io remote-${exporter.network} -o yaml`,
      );
  }
}

/** Whether the gateways let a call for this host through. */
export function sni(route: Route): Step {
  const { picture, exporter, isSameNetwork, fqdn } = route;
  if (isSameNetwork) return skipped('SNI', exporter, 'no gateway is between them');
  const used = gatewaysInto(route).filter(
    (entry) => isOf(exporter.network, entry) && entry.gateway.addresses.length > 0,
  );
  const clusters = [...new Map(used.map(({ cluster }) => [cluster.id, cluster])).values()];
  const body = route.exposureInto(exporter.network);
  const evidence: string[] = [];
  let doubt: Step | undefined;
  for (const cluster of clusters) {
    const standing = standingOf(picture, cluster.id, 'Exposure', 'exposure', body);
    evidence.push(...standing.objects);
    if (standing.state !== 'STORED') {
      const isUnsent = standing.state === 'UNSENT';
      return broken('SNI', cluster, {
        reason: standing.reason || (isUnsent ? 'ExposureNotSent' : 'ExposurePending'),
        message: `the gateways of '${cluster.name}' do not let ${fqdn} in: ${isUnsent ? 'its agent has not said anything of it yet' : standing.message}`,
        remedy: exposureRemedy(cluster, standing.reason),
        evidence: standing.objects,
      });
    }
    if (!standing.isCurrent) {
      doubt ??= unknown('SNI', cluster, {
        reason: 'ExposureOutdated',
        message: `the gateways of '${cluster.name}' serve an earlier list of hosts, which may lack ${fqdn}`,
        remedy: `wait for its agent; if it does not catch up, see its log ${inCluster(cluster, 'kubectl -n isthmus-system logs deployment/isthmus-agent')}`,
        evidence: standing.objects,
      });
    }
  }
  return doubt ?? ok('SNI', exporter, `the gateways let ${fqdn} in`, evidence);
}

function exposureRemedy(cluster: ClusterSettings, reason: string): string {
  switch (reason) {
    case 'NotOurs':
      return inCluster(
        cluster,
        'delete or rename the Gateway (networking.istio.io) that the message names, or hand it over: kubectl annotate … isthmus.dev/adopt=true',
      );
    case 'KindNotServed':
      return inCluster(cluster, 'install the CRDs of Istio (helm install istio-base)');
    case 'NoEastWestGateway':
      return inCluster(
        cluster,
        `kubectl -n istio-system label service <gateway> ${label}=${cluster.network}`,
      );
    default:
      return inCluster(
        cluster,
        'kubectl get gateways.networking.istio.io -A -l isthmus.dev/intent=Exposure -o yaml',
      );
  }
}
