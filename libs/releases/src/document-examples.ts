/** What a kind is for, in a sentence, and a small document of it. */
export interface DocumentExample {
  readonly description: string;
  /** YAML: spec, or what stands in place of metadata and spec. */
  readonly spec: string;
  /** `default` unless said. */
  readonly name?: string;
  /** `shop` unless said. */
  readonly namespace?: string;
}

/** By `<Kind>.<group>`, for every kind that a release may hold. */
export const objectExamples: Readonly<Record<string, DocumentExample>> = {
  'Gateway.networking.istio.io': {
    description: 'What a gateway of Istio listens for',
    name: 'web',
    spec: `
selector:
  istio: ingressgateway
servers:
  - port: { number: 443, name: https, protocol: HTTPS }
    hosts: [shop.example.com]
    tls: { mode: SIMPLE, credentialName: shop-certificate }`,
  },
  'ServiceEntry.networking.istio.io': {
    description: 'A service outside the mesh, so that workloads can call it by name',
    name: 'payment-provider',
    spec: `
hosts: [api.payments.example.com]
location: MESH_EXTERNAL
resolution: DNS
ports:
  - { number: 443, name: tls, protocol: TLS }`,
  },
  'ProxyConfig.networking.istio.io': {
    description: 'How the proxies of workloads are started',
    name: 'more-threads',
    spec: `
selector:
  matchLabels: { app: payments }
concurrency: 2`,
  },
  'Gateway.gateway.networking.k8s.io': {
    description: 'What a gateway of the Gateway API listens for',
    name: 'web',
    spec: `
gatewayClassName: istio
listeners:
  - { name: http, port: 80, protocol: HTTP, hostname: shop.example.com }`,
  },
  'ListenerSet.gateway.networking.k8s.io': {
    description: 'Listeners that are added to a gateway of somebody else',
    name: 'more',
    spec: `
parentRef: { name: web }
listeners:
  - { name: admin, port: 80, protocol: HTTP, hostname: admin.example.com }`,
  },
  'ReferenceGrant.gateway.networking.k8s.io': {
    description: 'Lets routes of another namespace refer to services of this one',
    name: 'from-web',
    spec: `
from:
  - { group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web }
to:
  - { group: '', kind: Service }`,
  },
  'BackendTLSPolicy.gateway.networking.k8s.io': {
    description: 'How a gateway calls a service by TLS',
    name: 'legacy',
    spec: `
targetRefs:
  - { group: '', kind: Service, name: legacy }
validation:
  hostname: legacy.example.com
  wellKnownCACertificates: System`,
  },
  'DestinationRule.networking.istio.io': {
    description: 'How callers treat a host: load balancing, connections, ejection, subsets',
    name: 'payments',
    spec: `
host: payments.shop.svc.cluster.local
trafficPolicy:
  connectionPool:
    http: { http2MaxRequests: 100 }
  outlierDetection: { consecutive5xxErrors: 5, interval: 5s, baseEjectionTime: 30s }
subsets:
  - name: v2
    labels: { version: v2 }`,
  },
  'Sidecar.networking.istio.io': {
    description: 'What the proxies of a namespace know of the mesh',
    spec: `
egress:
  - hosts: [./*, istio-system/*]`,
  },
  'EnvoyFilter.networking.istio.io': {
    description: 'Changes what Istio generates for Envoy; it can do anything to a proxy',
    name: 'server-header',
    spec: `
workloadSelector:
  labels: { app: web }
configPatches:
  - applyTo: NETWORK_FILTER
    match:
      context: SIDECAR_INBOUND
      listener:
        filterChain:
          filter: { name: envoy.filters.network.http_connection_manager }
    patch:
      operation: MERGE
      value:
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          server_header_transformation: PASS_THROUGH`,
  },
  'PeerAuthentication.security.istio.io': {
    description: 'Whether workloads take mutual TLS, plain text, or both',
    spec: `
mtls: { mode: STRICT }`,
  },
  'RequestAuthentication.security.istio.io': {
    description: 'Whose tokens (JWT) workloads take',
    name: 'customers',
    spec: `
selector:
  matchLabels: { app: web }
jwtRules:
  - issuer: https://login.example.com
    jwksUri: https://login.example.com/jwks.json`,
  },
  'Telemetry.telemetry.istio.io': {
    description: 'What proxies log, count and trace',
    name: 'access-log',
    spec: `
accessLogging:
  - providers: [{ name: envoy }]`,
  },
  'WasmPlugin.extensions.istio.io': {
    description: 'Adds a WebAssembly filter to proxies',
    name: 'audit',
    spec: `
selector:
  matchLabels: { app: web }
url: oci://registry.example.com/filters/audit:v1
phase: AUTHN`,
  },
  'VirtualService.networking.istio.io': {
    description: 'Where calls to a host go, by path, header and weight',
    name: 'payments',
    spec: `
hosts: [payments.shop.svc.cluster.local]
http:
  - timeout: 5s
    route:
      - destination: { host: payments.shop.svc.cluster.local }`,
  },
  'AuthorizationPolicy.security.istio.io': {
    description: 'Who may call which workloads',
    name: 'payments',
    spec: `
selector:
  matchLabels: { app: payments }
action: ALLOW
rules:
  - from:
      - source: { principals: [cluster.local/ns/shop/sa/web] }
    to:
      - operation: { methods: [GET, POST] }`,
  },
  'HTTPRoute.gateway.networking.k8s.io': {
    description: 'Where HTTP calls go',
    name: 'payments',
    spec: `
parentRefs:
  - { name: web }
hostnames: [shop.example.com]
rules:
  - matches:
      - path: { type: PathPrefix, value: /payments }
    backendRefs:
      - { name: payments, port: 80 }`,
  },
  'GRPCRoute.gateway.networking.k8s.io': {
    description: 'Where gRPC calls go',
    name: 'ledger',
    spec: `
parentRefs:
  - { name: web }
rules:
  - matches:
      - method: { service: ledger.v1.Ledger }
    backendRefs:
      - { name: ledger, port: 9000 }`,
  },
  'TLSRoute.gateway.networking.k8s.io': {
    description: 'Where TLS connections go, by the name that they ask for',
    name: 'vault',
    spec: `
parentRefs:
  - { name: web }
hostnames: [vault.example.com]
rules:
  - backendRefs:
      - { name: vault, port: 443 }`,
  },
  'TCPRoute.gateway.networking.k8s.io': {
    description: 'Where TCP connections go',
    name: 'database',
    spec: `
parentRefs:
  - { name: web }
rules:
  - backendRefs:
      - { name: database, port: 5432 }`,
  },
};

/** By kind of intent. */
export const intentExamples: Readonly<Record<string, Omit<DocumentExample, 'description'>>> = {
  AccessPolicy: {
    name: 'payments',
    spec: `
service: payments
allow:
  - from: [{ serviceAccount: shop/web }]
    methods: [GET, POST]`,
  },
  AccessDefault: {
    spec: `
default: deny`,
  },
  MutualTLS: {
    spec: `
mode: STRICT`,
  },
  EndUserAuthentication: {
    name: 'customers',
    spec: `
service: web
issuers:
  - issuer: https://login.example.com
    jwksUri: https://login.example.com/jwks.json
required: true
except: [/health]`,
  },
  LoadBalancing: {
    name: 'payments',
    spec: `
service: payments
algorithm: LEAST_REQUEST
locality:
  failover:
    - { from: eu, to: us }
    - { from: us, to: eu }`,
  },
  TrafficSplit: {
    name: 'payments',
    spec: `
service: payments
versions:
  stable: { service: payments-stable }
  next: { service: payments-next }
routes:
  - match: { headers: { x-canary: { exact: 'yes' } } }
    to: [{ version: next }]
  - to:
      - { version: stable, weight: 95 }
      - { version: next, weight: 5 }`,
  },
  RetriesAndTimeouts: {
    name: 'payments',
    spec: `
service: payments
timeout: 5s
retries: { attempts: 2, perTryTimeout: 2s, on: [connect-failure] }`,
  },
  RateLimit: {
    name: 'web',
    spec: `
service: web
requests: 100
per: second`,
  },
};
