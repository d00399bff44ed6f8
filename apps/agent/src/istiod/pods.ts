import type { ClusterState } from '../cluster/state.js';

/** Of istiod's debug pages and metrics. */
const istiodPort = 15_014;

/**
 * `host:port` of every istiod that is ready, sorted. Each knows only the proxies that are connected
 * to itself, so a Service in front of them would be of no use. Revisions have Services of their own.
 */
export function istiodsOf(
  cluster: Pick<ClusterState, 'servicesIn' | 'slicesOf'>,
  istioNamespace: string,
  port: number = istiodPort,
): string[] {
  const found = new Set<string>();
  for (const { metadata } of cluster.servicesIn(istioNamespace)) {
    if (metadata.labels?.app !== 'istiod') continue;
    for (const slice of cluster.slicesOf(`${istioNamespace}/${metadata.name}`)) {
      if (slice.addressType === 'FQDN') continue;
      for (const { addresses, conditions } of slice.endpoints ?? []) {
        const [address] = addresses;
        if (address === undefined || conditions?.ready === false) continue;
        found.add(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
      }
    }
  }
  return [...found].sort();
}
