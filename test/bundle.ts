/** Kinds as kubectl names them. */
export type ObjectKind = `${string}.${string}`;

const plurals: Record<string, string> = {
  VirtualService: 'virtualservices',
  DestinationRule: 'destinationrules',
  Gateway: 'gateways',
  ServiceEntry: 'serviceentries',
  Sidecar: 'sidecars',
  PeerAuthentication: 'peerauthentications',
  RequestAuthentication: 'requestauthentications',
  AuthorizationPolicy: 'authorizationpolicies',
  Telemetry: 'telemetries',
  HTTPRoute: 'httproutes',
};

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string } & object;
  readonly spec: object;
}

/**
 * 40 objects of 10 kinds: a shop's configuration, as people write it, with an override for one
 * cluster and an object for another.
 *
 * @param options.timeout of the route that tests change; 2 s unless said.
 */
export function bundle({ timeout = '2s' }: { timeout?: string } = {}): {
  path: string;
  content: string;
}[] {
  const files = new Map<string, Manifest[]>();
  const add = (apiVersion: string, kind: string, name: string, spec: object, more = {}): void => {
    const file = `shop/${kind.toLowerCase()}.yaml`;
    const metadata = { name, namespace: 'shop', ...more };
    files.set(file, [...(files.get(file) ?? []), { apiVersion, kind, metadata, spec }]);
  };
  const networking = 'networking.istio.io/v1';
  const security = 'security.istio.io/v1';
  const gateway = { selector: { istio: 'ingressgateway' } };
  for (let index = 0; index < 10; index += 1) {
    const host = `service-${index}`;
    const destination = { host, subset: 'v1' };
    const http = [{ route: [{ destination }], timeout: index === 0 ? timeout : '2s' }];
    add(networking, 'VirtualService', `route-${index}`, { hosts: [host], http });
    const subsets = [{ name: 'v1', labels: { version: 'v1' } }];
    add(networking, 'DestinationRule', `rule-${index}`, { host, subsets });
  }
  const only = [{ route: [{ destination: { host: 'prod' } }] }];
  add(
    networking,
    'VirtualService',
    'only-prod',
    { hosts: ['prod'], http: only },
    { annotations: { 'isthmus.dev/clusters': 'env=prod' } },
  );
  const servers = [
    { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['shop.example'] },
  ];
  add(networking, 'Gateway', 'ingress', { ...gateway, servers });
  add(networking, 'Gateway', 'admin', { ...gateway, servers });
  for (const name of ['payments', 'mail', 'maps']) {
    add(networking, 'ServiceEntry', name, {
      hosts: [`${name}.partner.example`],
      location: 'MESH_EXTERNAL',
      ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
      resolution: 'DNS',
    });
  }
  add(networking, 'Sidecar', 'default', { egress: [{ hosts: ['./*', 'istio-system/*'] }] });
  add(security, 'PeerAuthentication', 'default', { mtls: { mode: 'STRICT' } });
  const workload = (app: string) => ({ selector: { matchLabels: { app } } });
  for (const app of ['web', 'cart', 'search']) {
    add(security, 'RequestAuthentication', app, {
      ...workload(app),
      jwtRules: [{ issuer: 'https://login.example', jwks: '{"keys":[]}' }],
    });
    add(security, 'AuthorizationPolicy', app, {
      ...workload(app),
      rules: [{ from: [{ source: { principals: ['cluster.local/ns/app/sa/client'] } }] }],
    });
    add('telemetry.istio.io/v1', 'Telemetry', app, {
      ...workload(app),
      tracing: [{ randomSamplingPercentage: 1 }],
    });
  }
  for (const name of ['web', 'admin', 'api']) {
    add('gateway.networking.k8s.io/v1', 'HTTPRoute', name, {
      parentRefs: [{ name: 'edge' }],
      rules: [{ backendRefs: [{ name: `service-${name.length}`, port: 80 }] }],
    });
  }
  const override = {
    apiVersion: 'isthmus.dev/v1alpha1',
    kind: 'ClusterOverride',
    metadata: { name: 'slow-third' },
    spec: {
      clusterSelector: 'topology.istio.io/cluster=third',
      target: {
        group: 'networking.istio.io',
        kind: 'VirtualService',
        namespace: 'shop',
        name: 'route-0',
      },
      patch: [{ op: 'replace', path: '/spec/http/0/timeout', value: '9s' }],
    },
  };
  return [
    ...[...files].map(([path, objects]) => ({ path, content: objects.map(toYaml).join('---\n') })),
    { path: 'overrides.yaml', content: toYaml(override) },
  ];
}

/** Flow style is YAML too; the kind stands on a line of its own, for whoever counts. */
function toYaml({
  apiVersion,
  kind,
  metadata,
  spec,
}: Omit<Manifest, 'metadata'> & { metadata: object }) {
  const [head, body] = [metadata, spec].map((part) => JSON.stringify(part));
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${head}\nspec: ${body}\n`;
}

/** The kinds of a bundle, as kubectl names them; sorted. */
export function kindsOf(files: readonly { content: string }[]): ObjectKind[] {
  const found = new Set<ObjectKind>();
  for (const { content } of files) {
    for (const [, group, kind = ''] of content.matchAll(/^apiVersion: (\S+)\/\S+\nkind: (\w+)/gm)) {
      const plural = plurals[kind];
      if (plural) found.add(`${plural}.${group}`);
    }
  }
  return [...found].sort();
}
