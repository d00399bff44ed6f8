/** A kind of object that a release may hold, and an agent may write for it. */
export interface ConfigurationKind {
  readonly group: string;
  /** Versions that differ in name alone, the best first: releases hold that one. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly plural: string;
  /**
   * Lower ones are written first and deleted last: what is referred to is there before and after
   * whoever refers to it.
   */
  readonly rank: 0 | 1 | 2;
}

const networking = 'networking.istio.io';
const security = 'security.istio.io';
const gatewayApi = 'gateway.networking.k8s.io';
/** Istio's older spellings of its v1 kinds, of the same schema. */
const v1 = ['v1', 'v1beta1', 'v1alpha3'];

const kind = (
  group: string,
  versions: readonly string[],
  name: string,
  plural: string,
  rank: ConfigurationKind['rank'],
): ConfigurationKind => ({ group, versions, kind: name, plural, rank });

/**
 * Every kind there is, all of them namespaced. What is not here cannot travel, whatever a
 * database or a hub says: the agent has the same table, and its role names the same kinds.
 */
export const configurationKinds: readonly ConfigurationKind[] = [
  kind(networking, v1, 'Gateway', 'gateways', 0),
  kind(networking, v1, 'ServiceEntry', 'serviceentries', 0),
  kind(networking, ['v1beta1'], 'ProxyConfig', 'proxyconfigs', 0),
  kind(gatewayApi, ['v1', 'v1beta1'], 'Gateway', 'gateways', 0),
  kind(gatewayApi, ['v1'], 'ListenerSet', 'listenersets', 0),
  kind(gatewayApi, ['v1', 'v1beta1'], 'ReferenceGrant', 'referencegrants', 0),
  kind(gatewayApi, ['v1', 'v1alpha3'], 'BackendTLSPolicy', 'backendtlspolicies', 0),
  kind(networking, v1, 'DestinationRule', 'destinationrules', 1),
  kind(networking, v1, 'Sidecar', 'sidecars', 1),
  kind(networking, ['v1alpha3'], 'EnvoyFilter', 'envoyfilters', 1),
  kind(security, ['v1', 'v1beta1'], 'PeerAuthentication', 'peerauthentications', 1),
  kind(security, ['v1', 'v1beta1'], 'RequestAuthentication', 'requestauthentications', 1),
  kind('telemetry.istio.io', ['v1', 'v1alpha1'], 'Telemetry', 'telemetries', 1),
  kind('extensions.istio.io', ['v1alpha1'], 'WasmPlugin', 'wasmplugins', 1),
  kind(networking, v1, 'VirtualService', 'virtualservices', 2),
  kind(security, ['v1', 'v1beta1'], 'AuthorizationPolicy', 'authorizationpolicies', 2),
  kind(gatewayApi, ['v1', 'v1beta1'], 'HTTPRoute', 'httproutes', 2),
  kind(gatewayApi, ['v1'], 'GRPCRoute', 'grpcroutes', 2),
  kind(gatewayApi, ['v1', 'v1alpha2'], 'TLSRoute', 'tlsroutes', 2),
  kind(gatewayApi, ['v1', 'v1alpha2'], 'TCPRoute', 'tcproutes', 2),
];

const byId = new Map(configurationKinds.map((entry) => [`${entry.kind}.${entry.group}`, entry]));

/** @param id `<Kind>.<group>` */
export function configurationKind(id: string): ConfigurationKind | undefined {
  return byId.get(id);
}

/** The name of the intent of an object: `<Kind>.<group>/<namespace>/<name>`. */
export function configurationName(object: {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}): string {
  return `${object.kind}.${object.group}/${object.namespace}/${object.name}`;
}
