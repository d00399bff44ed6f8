import { configurationKinds } from '@isthmus/contracts';
import { describe, expect, test } from 'vitest';
import { parseBundle } from '../bundle/parse.js';
import type { ConfigurationObject } from '../objects.js';
import { allDefinitions, walkSchema } from './definitions.js';
import { unsupportedRules, violations } from './rules.js';
import { checkSchema } from './schema.js';

function objectOf(id: string, spec: string): ConfigurationObject {
  const kind = configurationKinds.find((entry) => `${entry.kind}.${entry.group}` === id);
  const { objects, problems } = parseBundle([
    {
      path: 'a.yaml',
      content: `apiVersion: ${kind?.group}/${kind?.versions[0]}
kind: ${kind?.kind}
metadata: {name: a, namespace: shop}
spec:
${spec.replace(/^/gm, '  ')}
`,
    },
  ]);
  const [object] = objects;
  if (!object) throw new Error(JSON.stringify(problems));
  return object;
}

/** By kind: what is fine, and what is not, with the codes and lines of what is wrong. */
const cases: Readonly<Record<string, { good: string[]; bad: [string, ...string[]][] }>> = {
  'Gateway.networking.istio.io': {
    good: [
      `selector: {istio: ingressgateway}
servers:
- port: {number: 443, name: https, protocol: HTTPS}
  hosts: ['*.example.com']
  tls: {mode: SIMPLE, credentialName: wildcard}`,
    ],
    bad: [
      [
        `servers:\n- port: {number: -1, name: a, protocol: HTTP}\n  hosts: [a]`,
        'SchemaViolation@6',
      ],
      [`servers:\n- hosts: [a]`, 'SchemaViolation@6'],
      [
        `servers:\n- port: {number: 1, name: a, protocol: HTTPS}\n  hosts: [a]\n  tls: {credentialName: a, credentialNames: [b]}`,
        'RuleViolation@8',
      ],
    ],
  },
  'ServiceEntry.networking.istio.io': {
    good: [
      `hosts: [api.example.com]
location: MESH_EXTERNAL
ports:
- {number: 443, name: tls, protocol: TLS}
resolution: STATIC
endpoints:
- address: 192.0.2.1
  ports: {tls: 8443}
  labels: {a: b}
- address: unix:///var/run/x`,
      `hosts: [db.example.com]\naddresses: [10.0.0.0/8]\nports: [{number: 5432, name: tcp}]`,
    ],
    bad: [
      ['hosts: ["*"]', 'RuleViolation@5'],
      ['ports: [{number: 1, name: a}]', 'SchemaViolation@4'],
      ['hosts: [a.b]\nports:\n- {number: 1, name: a}\n- {number: 1, name: b}', 'RuleViolation@6'],
      ['hosts: [a.b]\nports:\n- {number: 1, name: a}\n- {number: 2, name: a}', 'SchemaViolation@8'],
      ['hosts: [a.b]\naddresses: [10.0.0.0/8]\nresolution: DNS', 'RuleViolation@4'],
      ['hosts: [a.b]\nresolution: STATIC\nendpoints:\n- address: unix://x', 'RuleViolation@8'],
      [
        'hosts: [a.b]\nresolution: STATIC\nendpoints:\n- address: a\n  ports: {-a: 1}',
        'RuleViolation@9',
      ],
    ],
  },
  'ProxyConfig.networking.istio.io': {
    good: ['concurrency: 2\nenvironmentVariables: {A: b}\nimage: {imageType: distroless}'],
    bad: [
      ['concurrency: many', 'SchemaViolation@5'],
      ['concurrency: -1', 'SchemaViolation@5'],
      ['selector: {matchLabels: {"*": a}}', 'RuleViolation@5'],
    ],
  },
  'Gateway.gateway.networking.k8s.io': {
    good: [
      `gatewayClassName: istio
listeners:
- {name: http, port: 80, protocol: HTTP}
- name: https
  port: 443
  protocol: HTTPS
  hostname: '*.example.com'
  tls:
    certificateRefs: [{name: wildcard}]`,
    ],
    bad: [
      ['gatewayClassName: istio', 'SchemaViolation@4'],
      [
        'gatewayClassName: istio\nlisteners:\n- {name: a, port: 80, protocol: HTTP, tls: {certificateRefs: [{name: a}]}}',
        'RuleViolation@6',
      ],
      [
        'gatewayClassName: istio\nlisteners:\n- {name: a, port: 443, protocol: HTTPS, tls: {}}',
        'RuleViolation@7',
      ],
      [
        'gatewayClassName: istio\nlisteners:\n- {name: a, port: 80, protocol: HTTP}\n- {name: b, port: 80, protocol: HTTP}',
        'RuleViolation@6',
      ],
      [
        'gatewayClassName: istio\nlisteners:\n- {name: a, port: 80, protocol: HTTP, hostname: "a..b"}',
        'SchemaViolation@7',
      ],
    ],
  },
  'ReferenceGrant.gateway.networking.k8s.io': {
    good: [
      'from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web}]\nto: [{group: "", kind: Service}]',
    ],
    bad: [['from: []\nto: [{group: "", kind: Service}]', 'SchemaViolation@5']],
  },
  'DestinationRule.networking.istio.io': {
    good: [
      `host: reviews
trafficPolicy:
  connectionPool: {tcp: {maxConnections: 10, connectTimeout: 1s}}
  outlierDetection: {consecutive5xxErrors: 3, interval: 1m30s}
  loadBalancer: {simple: LEAST_REQUEST}
subsets:
- {name: v1, labels: {version: v1}}`,
    ],
    bad: [
      [
        'host: a\ntrafficPolicy: {loadBalancer: {simple: LEAST_REQUEST, consistentHash: {useSourceIp: true}}}',
        'SchemaViolation@6',
      ],
      [
        'host: a\ntrafficPolicy:\n  connectionPool:\n    tcp:\n      connectTimeout: 1us',
        'RuleViolation@9',
      ],
      [
        'host: a\ntrafficPolicy:\n  connectionPool:\n    tcp:\n      connectTimeout: soon',
        'RuleViolation@9',
      ],
      ['host: a\ntrafficPolicy:\n  outlierDetection:\n    intervall: 1s', 'UnknownField@8'],
      ['host: a\nsubsets: [{labels: {a: b}}]', 'SchemaViolation@6'],
    ],
  },
  'Sidecar.networking.istio.io': {
    good: [
      'egress: [{hosts: ["./*", "istio-system/*"]}]\noutboundTrafficPolicy: {mode: REGISTRY_ONLY}',
    ],
    bad: [
      ['egress: [{port: {number: 1}}]', 'SchemaViolation@5'],
      ['outboundTrafficPolicy: {mode: NONE}', 'SchemaViolation@5'],
    ],
  },
  'EnvoyFilter.networking.istio.io': {
    good: [
      `configPatches:
- applyTo: HTTP_FILTER
  match: {context: SIDECAR_INBOUND}
  patch:
    operation: INSERT_BEFORE
    value: {name: envoy.lua, typed_config: {anything: [goes, {here: null}]}}`,
    ],
    bad: [
      ['configPatches:\n- applyTo: EVERYTHING', 'SchemaViolation@6'],
      [
        'workloadSelector: {labels: {a: b}}\ntargetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: a}]',
        'RuleViolation@4',
      ],
    ],
  },
  'PeerAuthentication.security.istio.io': {
    good: [
      'selector: {matchLabels: {app: a}}\nmtls: {mode: STRICT}\nportLevelMtls: {8080: {mode: DISABLE}}',
    ],
    bad: [
      ['portLevelMtls: {8080: {mode: DISABLE}}', 'RuleViolation@4'],
      ['selector: {matchLabels: {app: a}}\nportLevelMtls: {0: {mode: DISABLE}}', 'RuleViolation@6'],
      [
        'selector: {matchLabels: {app: a}}\nportLevelMtls: {http: {mode: DISABLE}}',
        'RuleViolation@6',
      ],
      ['mtls: {mode: strict}', 'SchemaViolation@5'],
    ],
  },
  'RequestAuthentication.security.istio.io': {
    good: [
      'jwtRules:\n- issuer: https://id.example.com\n  jwksUri: https://id.example.com/jwks\n  fromHeaders: [{name: x}]',
    ],
    bad: [
      ['jwtRules:\n- issuer: a\n  jwksUri: ftp://a', 'RuleViolation@7'],
      ['jwtRules:\n- issuer: a\n  jwksUri: nothing', 'RuleViolation@7'],
      ['jwtRules:\n- issuer: a\n  jwksUri: https://a\n  jwks: "{}"', 'RuleViolation@6'],
      ['jwtRules: [{issuer: ""}]', 'SchemaViolation@5'],
    ],
  },
  'Telemetry.telemetry.istio.io': {
    good: [
      'tracing: [{randomSamplingPercentage: 12.5}]\nmetrics: [{overrides: [{tagOverrides: {a: {operation: UPSERT, value: b}}}]}]',
    ],
    bad: [
      ['tracing: [{randomSamplingPercentage: 101}]', 'SchemaViolation@5'],
      [
        'metrics: [{overrides: [{tagOverrides: {a: {operation: REMOVE, value: b}}}]}]',
        'RuleViolation@5',
      ],
      [
        'metrics: [{overrides: [{tagOverrides: {a: {operation: UPSERT, value: ""}}}]}]',
        'RuleViolation@5',
      ],
    ],
  },
  'WasmPlugin.extensions.istio.io': {
    good: [
      'url: oci://ghcr.io/a/b:v1\nphase: AUTHN\npluginConfig: {any: {thing: [1]}}\nvmConfig: {env: [{name: A, valueFrom: HOST}]}',
      'url: ghcr.io/a/b:v1',
      'url: localhost/a b',
    ],
    bad: [
      ['url: ftp://a/b', 'RuleViolation@5'],
      ['phase: AUTHN', 'SchemaViolation@4'],
      [
        'url: oci://a/b\nvmConfig: {env: [{name: A, valueFrom: HOST, value: b}]}',
        'RuleViolation@6',
      ],
      ['url: oci://a/b\nsha256: abc', 'SchemaViolation@6'],
    ],
  },
  'VirtualService.networking.istio.io': {
    good: [
      `hosts: [reviews]
gateways: [mesh]
http:
- match: [{uri: {prefix: /a}, headers: {x: {exact: b}}}]
  timeout: 3s
  retries: {attempts: 2, perTryTimeout: 1s}
  fault: {delay: {percentage: {value: 0.1}, fixedDelay: 5s}}
  route:
  - destination: {host: reviews, subset: v1, port: {number: 80}}
    weight: 100`,
    ],
    bad: [
      [
        'hosts: [a]\nhttp:\n- route: [{destination: {host: a}}]\n  timeout: 0.1ms',
        'RuleViolation@8',
      ],
      ['hosts: [a]\nhttp:\n- route: [{destination: {host: a}}]\n  timeOut: 1s', 'UnknownField@8'],
      ['hosts: [a]\nhttp:\n- match:\n  - uri: {prefix: /a, exact: /b}', 'SchemaViolation@8'],
      ['hosts: [a]\nhttp:\n- route:\n  - weight: 1', 'SchemaViolation@8'],
      ['hosts: a', 'SchemaViolation@5'],
      [
        'hosts: [a]\nhttp:\n- route:\n  - destination: {host: a}\n    weight: 3000000000',
        'SchemaViolation@9',
      ],
    ],
  },
  'AuthorizationPolicy.security.istio.io': {
    good: [
      `selector: {matchLabels: {app: a}}
action: DENY
rules:
- from: [{source: {principals: ['*'], namespaces: [b]}}]
  to: [{operation: {methods: [GET], paths: [/a*]}}]
  when: [{key: source.ip, notValues: [10.0.0.0/8]}]`,
      'action: CUSTOM\nprovider: {name: opa}\nrules: [{}]',
    ],
    bad: [
      ['action: REFUSE', 'SchemaViolation@5'],
      ['rules:\n- from:\n  - source: {serviceAccounts: [a], namespaces: [b]}', 'RuleViolation@7'],
      ['selector: {matchLabels: {app: "*"}}', 'RuleViolation@5'],
    ],
  },
  'HTTPRoute.gateway.networking.k8s.io': {
    good: [
      `parentRefs: [{name: gw, namespace: infra}, {name: gw, namespace: infra2}]
hostnames: [shop.example.com]
rules:
- matches: [{path: {type: PathPrefix, value: /cart}}]
  filters:
  - type: URLRewrite
    urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}
  backendRefs: [{name: cart, port: 80}]
  timeouts: {request: 10s, backendRequest: 2s}
- backendRefs: [{name: cart, port: 80}]`,
    ],
    bad: [
      ['rules:\n- matches: [{path: {value: cart}}]', 'RuleViolation@6'],
      ['rules:\n- matches: [{path: {value: "/a b"}}]', 'RuleViolation@6'],
      ['rules:\n- backendRefs:\n  - name: cart', 'RuleViolation@7'],
      ['parentRefs: [{name: gw}, {name: gw}]', 'RuleViolation@5'],
      ['rules:\n- timeouts: {request: 1s, backendRequest: 2s}', 'RuleViolation@6'],
      ['rules:\n- filters: [{type: URLRewrite}]', 'RuleViolation@6'],
      [
        'rules:\n- filters: [{type: RequestRedirect, requestRedirect: {port: 1}}]\n  backendRefs: [{name: a, port: 1}]',
        'RuleViolation@6',
      ],
      ['rules:\n- timeouts: {request: soon}', 'SchemaViolation@6'],
    ],
  },
  'GRPCRoute.gateway.networking.k8s.io': {
    good: [
      'rules:\n- matches: [{method: {service: a.B, method: Get}}]\n  backendRefs: [{name: a, port: 1}]',
    ],
    bad: [
      ['rules:\n- matches: [{method: {type: Exact}}]', 'RuleViolation@6'],
      ['rules:\n- matches: [{method: {service: "a b"}}]', 'RuleViolation@6'],
    ],
  },
  'TLSRoute.gateway.networking.k8s.io': {
    good: ['hostnames: [a.example.com]\nrules:\n- backendRefs: [{name: a, port: 443}]'],
    bad: [
      ['hostnames: [a.example.com]\nrules: []', 'SchemaViolation@6'],
      ['hostnames: [192.0.2.1]\nrules:\n- backendRefs: [{name: a, port: 443}]', 'RuleViolation@5'],
    ],
  },
  'TCPRoute.gateway.networking.k8s.io': {
    good: [
      'parentRefs: [{name: edge, sectionName: tcp}]\nrules:\n- backendRefs: [{name: a, port: 1}]',
    ],
    bad: [['rules:\n- backendRefs: [{name: a, port: 0}]', 'SchemaViolation@6']],
  },
  'BackendTLSPolicy.gateway.networking.k8s.io': {
    good: [
      'targetRefs: [{group: "", kind: Service, name: a}]\nvalidation: {hostname: a.example.com, wellKnownCACertificates: System}',
    ],
    bad: [
      [
        'targetRefs: [{group: "", kind: Service, name: a}]\nvalidation: {hostname: a.example.com}',
        'RuleViolation@6',
      ],
    ],
  },
  'ListenerSet.gateway.networking.k8s.io': {
    good: ['parentRef: {name: edge}\nlisteners: [{name: a, port: 80, protocol: HTTP}]'],
    bad: [['parentRef: {name: edge}\nlisteners: []', 'SchemaViolation@6']],
  },
};

test('there are cases for every kind', () => {
  const ids = configurationKinds.map(({ kind, group }) => `${kind}.${group}`);
  expect(Object.keys(cases).sort()).toEqual(ids.sort());
});

describe.each(Object.entries(cases))('%s', (id, { good, bad }) => {
  test.each(good)('takes %s', (spec) => {
    expect(checkSchema(objectOf(id, spec))).toEqual([]);
  });

  test.each(bad)('refuses %s', (spec, ...expected) => {
    const problems = checkSchema(objectOf(id, spec));
    expect(
      problems.map(({ code, place }) => `${code}@${place?.line}`),
      JSON.stringify(problems, null, 1),
    ).toEqual(expected);
  });
});

test('says what to do', () => {
  const [unknown] = checkSchema(
    objectOf('VirtualService.networking.istio.io', 'hosts: [a]\nhttp: [{timeOut: 1s}]'),
  );
  expect(unknown).toMatchObject({
    message: 'spec.http[0].timeOut is no field of VirtualService',
    remedy: "did you mean 'timeout'?",
    object: 'VirtualService shop/a',
    severity: 'error',
  });
  const [both] = checkSchema(
    objectOf(
      'VirtualService.networking.istio.io',
      'http: [{match: [{uri: {prefix: /a, exact: /b}}]}]',
    ),
  );
  expect(both?.message).toBe(
    'spec.http[0].match[0].uri must have at most one of exact, prefix, regex',
  );
});

test('every rule is compiled', () => {
  expect(unsupportedRules()).toEqual([]);
});

test('what rules multiply is bounded by the schema', () => {
  const open: string[] = [];
  for (const [id, { schema }] of allDefinitions()) {
    walkSchema(schema, (part, path) => {
      const { maxItems } = part as { maxItems?: number };
      const rules = part['x-kubernetes-validations'] ?? [];
      const isSquare = rules.some(({ rule }) =>
        /self\.(all|exists)\(.*self\.(all|exists)/.test(rule),
      );
      if (isSquare && !(maxItems && maxItems <= 1024)) open.push(`${id} ${path}`);
    });
  }
  expect(open).toEqual([]);
});

test('rules see names that CEL reserves, and match in linear time', () => {
  const rules = (rule: string) => ({
    type: 'object',
    properties: { namespace: { type: 'string' } },
    'x-kubernetes-validations': [{ rule, message: 'no' }],
  });
  expect(violations(rules("self.__namespace__ == 'a'"), { namespace: 'a' })).toEqual([]);
  expect(violations(rules("self.__namespace__ == 'b'"), { namespace: 'a' })).toHaveLength(1);
  expect(violations(rules("oldSelf.__namespace__ == 'b'"), { namespace: 'a' })).toEqual([]);
  const started = performance.now();
  const text = `${'a'.repeat(50_000)}!`;
  expect(
    violations(rules("self.__namespace__.matches('^(a+)+$')"), { namespace: text }),
  ).toHaveLength(1);
  expect(performance.now() - started).toBeLessThan(5_000);
});
