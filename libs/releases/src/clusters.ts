/** What of a cluster configuration can select by. */
export interface SelectableCluster {
  readonly name: string;
  readonly network: string;
  /** region, region/zone or region/zone/subzone. */
  readonly locality: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The labels of a cluster: its own, and those that follow from what it is. */
export function selectableLabels(cluster: SelectableCluster): Record<string, string> {
  const [region = '', zone] = cluster.locality.split('/');
  return {
    ...cluster.labels,
    'topology.istio.io/cluster': cluster.name,
    'topology.istio.io/network': cluster.network,
    'topology.kubernetes.io/region': region,
    ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
  };
}
