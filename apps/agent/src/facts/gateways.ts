import { isIP } from 'node:net';
import type { GatewayAddress, GatewayFact } from '@isthmus/contracts';
import { eastWestPort, networkLabel } from '../appliers/peer.js';
import type { Service } from '../kube/kinds.js';

/**
 * Annotation on a gateway's Service: `host[:port], …`. For addresses that Kubernetes cannot
 * know, such as those of a load balancer outside; it takes the place of what Kubernetes says.
 */
const addressesAnnotation = 'isthmus.dev/gateway-addresses';

/** An east-west gateway, if a Service is one: labelled with its network, with port 15443. Pure. */
export function gatewayFact(service: Service): GatewayFact | undefined {
  const { namespace = '', name, labels, annotations } = service.metadata;
  const network = labels?.[networkLabel];
  const ports = service.spec?.ports ?? [];
  const port = (ports.find((p) => p.port === eastWestPort) ?? ports.find((p) => p.name === 'tls'))
    ?.port;
  if (!network || port === undefined) return undefined;
  const annotated = annotations?.[addressesAnnotation];
  const values = annotated === undefined ? assigned(service) : annotated.split(',');
  const addresses = values.flatMap((value) => address(value.trim(), port));
  addresses.sort((a, b) => (a.value < b.value ? -1 : 1));
  return { namespace, name, network, addresses, selector: service.spec?.selector ?? {} };
}

function assigned(service: Service): string[] {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const balanced = ingress.flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
  return balanced.length > 0
    ? balanced.map(bracketed)
    : (service.spec?.externalIPs ?? []).map(bracketed);
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Nothing for what is no address. */
function address(text: string, port: number): GatewayAddress[] {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const value = match?.[1] ?? match?.[2] ?? (isIP(text) === 6 ? text : undefined);
  if (value === undefined) return [];
  const type = isIP(value) === 0 ? 'Hostname' : 'IPAddress';
  return [{ type, value, port: match?.[3] ? Number(match[3]) : port }];
}
