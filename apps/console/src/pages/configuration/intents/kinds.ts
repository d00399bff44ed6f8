import { blank, type Field, type Values } from './fields.js';

/** An intent, as its form has it. */
export interface IntentKind {
  readonly kind: string;
  readonly title: string;
  /** What it answers. */
  readonly question: string;
  /** What is made of it. */
  readonly becomes: string;
  /** How it behaves, within a cluster and across clusters. */
  readonly notes: readonly string[];
  readonly fields: readonly Field[];
  /** Of a new one, where the form would begin empty. */
  readonly initial?: Values;
}

const service: Field = {
  is: 'text',
  key: 'service',
  label: 'Service',
  example: 'payments',
  isNeeded: true,
};
const labels: Field = {
  is: 'pairs',
  key: 'labels',
  label: 'Labels',
  keyLabel: 'Label',
  example: 'version',
  add: 'Add a label',
  of: { is: 'text', key: 'value', label: 'Value', example: 'v2' },
};

/** Whose pods. */
const workload: Field = {
  is: 'variant',
  name: 'workload',
  label: 'For which pods',
  variants: [
    { value: 'service', label: 'Those of a service, by the label app', fields: [service] },
    {
      value: 'labels',
      label: 'Those with certain labels',
      fields: [
        {
          ...labels,
          key: 'workload',
          label: 'Labels of the pods',
          example: 'app.kubernetes.io/name',
        } as Field,
      ],
    },
    {
      value: 'all',
      label: 'All of the namespace (in istio-system: of the mesh)',
      fields: [],
      fixed: { workload: 'all' },
    },
  ],
};

/** What callers name. */
const host: Field = {
  is: 'variant',
  name: 'host',
  label: 'For calls to',
  variants: [
    { value: 'service', label: 'A service of this namespace', fields: [service] },
    {
      value: 'host',
      label: 'Another host name, in full',
      fields: [
        {
          is: 'text',
          key: 'host',
          label: 'Host',
          example: 'payments.shop.svc.clusterset.local',
          isNeeded: true,
        },
      ],
    },
  ],
};

const methods: Field = {
  is: 'words',
  key: 'methods',
  label: 'Methods',
  example: 'GET',
  about: 'Any unless said',
};
const paths: Field = {
  is: 'words',
  key: 'paths',
  label: 'Paths',
  example: '/api/*',
  about:
    'A path, a prefix that ends in *, a suffix that begins with *, or a template with {*} and {**}. Any unless said',
};
const ports: Field = {
  is: 'words',
  key: 'ports',
  label: 'Ports of the pods',
  example: '8080',
  areNumbers: true,
  about: 'Any unless said',
};

const callers: Field = {
  is: 'list',
  key: 'from',
  label: 'Callers',
  item: 'Caller',
  add: 'Add a caller',
  about: 'Anyone unless said',
  fields: [
    {
      is: 'variant',
      name: 'caller',
      label: 'Who',
      variants: [
        {
          value: 'serviceAccount',
          label: 'A service account',
          fields: [
            {
              is: 'text',
              key: 'serviceAccount',
              label: 'Service account',
              example: 'shop/web',
              about: 'namespace/name',
              isNeeded: true,
            },
          ],
        },
        {
          value: 'namespace',
          label: 'All of a namespace',
          fields: [
            {
              is: 'text',
              key: 'namespace',
              label: 'Namespace',
              example: 'billing',
              isNeeded: true,
            },
          ],
        },
        {
          value: 'anyAuthenticated',
          label: 'Whoever has an identity',
          fields: [],
          fixed: { anyAuthenticated: true },
        },
      ],
    },
  ],
};
const rules = [callers, methods, paths, ports] as const;

function textMatch(key: string, label: string): Field {
  const text = (way: string, of: string): Field => ({
    is: 'text',
    key: way,
    label: of,
    isNeeded: true,
  });
  return {
    is: 'group',
    key,
    label,
    fields: [
      {
        is: 'variant',
        name: 'way',
        label: 'Comparison',
        variants: [
          { value: 'exact', label: 'is', fields: [text('exact', 'Text')] },
          { value: 'prefix', label: 'begins with', fields: [text('prefix', 'Beginning')] },
          { value: 'regex', label: 'matches (RE2)', fields: [text('regex', 'Regular expression')] },
        ],
      },
    ],
  };
}

const match: readonly Field[] = [
  {
    is: 'pairs',
    key: 'headers',
    label: 'Headers',
    keyLabel: 'Header, in lower case',
    example: 'x-canary',
    add: 'Add a header',
    of: textMatch('value', 'Value'),
  },
  textMatch('path', 'Path'),
  { is: 'text', key: 'method', label: 'Method', example: 'GET' },
];

const timing: readonly Field[] = [
  {
    is: 'text',
    key: 'timeout',
    label: 'Timeout',
    example: '5s',
    about: 'Of all tries together, the way through gateways included',
  },
  {
    is: 'group',
    key: 'retries',
    label: 'Retries',
    about:
      'Without them, Istio tries twice more where nothing has reached the service; 0 attempts end that',
    fields: [
      { is: 'number', key: 'attempts', label: 'Attempts', min: 0, max: 100, isNeeded: true },
      { is: 'text', key: 'perTryTimeout', label: 'Timeout of each', example: '2s' },
      {
        is: 'words',
        key: 'on',
        label: 'When',
        example: 'connect-failure',
        about: 'Conditions of Envoy such as 5xx and reset, and status codes such as 503',
      },
      {
        is: 'choice',
        key: 'otherLocalities',
        label: 'Every second retry leaves the localities that were tried',
        options: [
          { value: true, label: 'Yes' },
          { value: false, label: 'No' },
        ],
      },
    ],
  },
];

/** Modes of mutual TLS. */
const modes = [
  { value: 'STRICT', label: 'STRICT: mutual TLS only' },
  { value: 'PERMISSIVE', label: 'PERMISSIVE: plain text beside it' },
  { value: 'DISABLE', label: 'DISABLE: plain text only' },
];

export const intentKinds: readonly IntentKind[] = [
  {
    kind: 'AccessPolicy',
    title: 'Who may call whom',
    question: 'Who may call a service, by identity, method, path and port',
    becomes: 'AuthorizationPolicy',
    notes: [
      'It is enforced at the called pods, in each cluster that has them. Calls pass east-west gateways unopened, so the identity of the caller arrives whole, and is the same whichever cluster the caller is in.',
      'DENY comes before ALLOW. As soon as one rule allows something of a workload, what none allows is refused.',
      'Callers are known by mutual TLS only: a refusal by caller does not hold against plain text where mutual TLS is PERMISSIVE.',
    ],
    fields: [
      workload,
      {
        is: 'list',
        key: 'allow',
        label: 'Allowed',
        item: 'Allowed call',
        add: 'Allow calls',
        fields: rules,
      },
      {
        is: 'list',
        key: 'deny',
        label: 'Refused in any case',
        item: 'Refused call',
        add: 'Refuse calls',
        fields: rules,
      },
      {
        is: 'choice',
        key: 'default',
        label: 'All other calls',
        about:
          'Unless said: refused if something is allowed here, else as the rest of the configuration has it',
        options: [
          { value: 'deny', label: 'Refused' },
          { value: 'allow', label: 'Allowed' },
        ],
      },
      {
        is: 'text',
        key: 'trustDomain',
        label: 'Trust domain of the callers',
        example: 'partner.example.com',
        about: 'The mesh’s own unless said',
      },
    ],
  },
  {
    kind: 'AccessDefault',
    title: 'Default deny',
    question:
      'Whether calls into a namespace, or the mesh, are refused unless an AccessPolicy allows them',
    becomes: 'AuthorizationPolicy',
    notes: [
      'Each cluster refuses at its own pods, whoever calls from wherever. In the namespace istio-system it holds in the whole mesh.',
      'East-west gateways go on passing calls through: what they pass is refused, or not, at the pods behind them.',
      'Roll the AccessPolicies that allow today’s calls out first, or in the same release: what none allows ends with this one.',
    ],
    fields: [
      {
        is: 'choice',
        key: 'default',
        label: 'What no policy allows is',
        options: [
          { value: 'deny', label: 'Refused' },
          { value: 'allow', label: 'Allowed (Istio’s own default)' },
        ],
      },
    ],
    initial: { default: 'deny' },
  },
  {
    kind: 'MutualTLS',
    title: 'Mutual TLS',
    question: 'Whether a service, a namespace or the mesh takes mutual TLS, plain text, or both',
    becomes: 'PeerAuthentication',
    notes: [
      'Each cluster’s pods take what they are told there.',
      'Calls from other networks come through the east-west gateway, by mutual TLS or not at all: STRICT and PERMISSIVE keep them, DISABLE ends them.',
    ],
    fields: [
      {
        is: 'variant',
        name: 'workload',
        label: 'For which pods',
        variants: [
          ...(workload.is === 'variant' ? workload.variants : []),
          { value: 'unsaid', label: 'All of the namespace, without saying so', fields: [] },
        ],
      },
      { is: 'choice', key: 'mode', label: 'Mode', options: modes },
      {
        is: 'pairs',
        key: 'ports',
        label: 'Other modes by port',
        keyLabel: 'Port of the pods',
        example: '8080',
        add: 'Add a port',
        about: 'For chosen pods only, not for a whole namespace',
        of: { is: 'choice', key: 'value', label: 'Mode', options: modes },
      },
    ],
    initial: { mode: 'STRICT' },
  },
  {
    kind: 'EndUserAuthentication',
    title: 'End-user authentication',
    question: 'Whose tokens (JWT) a service takes, and whether a call has to bring one',
    becomes: 'RequestAuthentication, AuthorizationPolicy',
    notes: [
      'The token is checked at the called pod, in each cluster that has it, and passes gateways untouched.',
      'The keys at the address are fetched by the istiod of each of these clusters, which has to reach it; written here, they need no way.',
      'A token that is there has to be valid, on the excepted paths too (401). Name the HTTP ports where the pods serve other protocols besides.',
    ],
    fields: [
      workload,
      {
        is: 'list',
        key: 'issuers',
        label: 'Issuers',
        item: 'Issuer',
        add: 'Add an issuer',
        fields: [
          {
            is: 'text',
            key: 'issuer',
            label: 'Issuer',
            example: 'https://login.example.com',
            about: 'As the claim iss has it',
            isNeeded: true,
          },
          {
            is: 'variant',
            name: 'keys',
            label: 'Its keys',
            variants: [
              {
                value: 'jwksUri',
                label: 'At an address',
                fields: [
                  {
                    is: 'text',
                    key: 'jwksUri',
                    label: 'Address of the keys',
                    example: 'https://login.example.com/.well-known/jwks.json',
                    isNeeded: true,
                  },
                ],
              },
              {
                value: 'jwks',
                label: 'Written here',
                fields: [
                  {
                    is: 'text',
                    key: 'jwks',
                    label: 'JSON Web Key Set',
                    example: '{"keys": []}',
                    isNeeded: true,
                  },
                ],
              },
            ],
          },
          {
            is: 'words',
            key: 'audiences',
            label: 'Audiences',
            about: 'Any unless said',
            example: 'payments',
          },
          {
            is: 'list',
            key: 'fromHeaders',
            label: 'From headers',
            item: 'Header',
            add: 'Add a header',
            about: 'Authorization: Bearer unless said',
            fields: [
              { is: 'text', key: 'name', label: 'Name', example: 'X-Token', isNeeded: true },
              { is: 'text', key: 'prefix', label: 'Before the token', example: 'Token ' },
            ],
          },
          { is: 'words', key: 'fromCookies', label: 'From cookies', example: 'session' },
        ],
      },
      {
        is: 'choice',
        key: 'required',
        label: 'Calls without a token are',
        options: [
          { value: true, label: 'Refused' },
          { value: false, label: 'Taken' },
        ],
      },
      { is: 'words', key: 'except', label: 'Paths that need none', example: '/healthz' },
      { ...ports, about: 'Where a token is required; all unless said' },
    ],
    initial: { required: true },
  },
  {
    kind: 'LoadBalancing',
    title: 'Load balancing and failover',
    question: 'How callers choose among the endpoints of a service, near and far, sick and well',
    becomes: 'DestinationRule',
    notes: [
      'The proxies of the callers choose, in every cluster selected. Endpoints of another network are seen as its gateway, once for each locality behind it: localities are preferred, and failed over to, across clusters.',
      'Failover rests on sick endpoints being ejected. Unless said otherwise that is for 30 s after five errors in a row, all of them if need be.',
      'Ejecting a gateway ejects its locality whole. Of labels, a gateway carries that of its network alone.',
    ],
    fields: [
      host,
      {
        is: 'variant',
        name: 'algorithm',
        label: 'Which endpoint',
        variants: [
          {
            value: 'algorithm',
            label: 'By an algorithm',
            fields: [
              {
                is: 'choice',
                key: 'algorithm',
                label: 'Algorithm',
                options: [
                  { value: 'LEAST_REQUEST', label: 'LEAST_REQUEST: the less busy of two' },
                  { value: 'ROUND_ROBIN', label: 'ROUND_ROBIN: one after the other' },
                  { value: 'RANDOM', label: 'RANDOM' },
                  { value: 'PASSTHROUGH', label: 'PASSTHROUGH: the address the caller chose' },
                ],
              },
            ],
          },
          {
            value: 'consistentHash',
            label: 'The same for the same caller',
            fields: [
              {
                is: 'group',
                key: 'consistentHash',
                label: 'What tells callers apart',
                about:
                  'For calls to another network the gateway is the same, and any pod behind it',
                fields: [
                  {
                    is: 'variant',
                    name: 'hash',
                    label: 'By',
                    variants: [
                      {
                        value: 'header',
                        label: 'A header',
                        fields: [
                          {
                            is: 'text',
                            key: 'header',
                            label: 'Header',
                            example: 'x-user',
                            isNeeded: true,
                          },
                        ],
                      },
                      {
                        value: 'cookie',
                        label: 'A cookie',
                        fields: [
                          {
                            is: 'group',
                            key: 'cookie',
                            label: 'Cookie',
                            fields: [
                              {
                                is: 'text',
                                key: 'name',
                                label: 'Name',
                                example: 'session',
                                isNeeded: true,
                              },
                              { is: 'text', key: 'path', label: 'Path', example: '/' },
                              {
                                is: 'text',
                                key: 'lifetime',
                                label: 'Lifetime',
                                example: '1h',
                                about: 'Where the proxy makes the cookie',
                              },
                            ],
                          },
                        ],
                      },
                      {
                        value: 'query',
                        label: 'A parameter of the query',
                        fields: [
                          {
                            is: 'text',
                            key: 'query',
                            label: 'Parameter',
                            example: 'user',
                            isNeeded: true,
                          },
                        ],
                      },
                      {
                        value: 'sourceIp',
                        label: 'The address',
                        fields: [],
                        fixed: { sourceIp: true },
                      },
                    ],
                  },
                ],
              },
            ],
          },
          { value: 'usual', label: 'As Istio’s default has it', fields: [] },
        ],
      },
      {
        is: 'group',
        key: 'locality',
        label: 'Nearness and failover',
        fields: [
          {
            is: 'choice',
            key: 'prefer',
            label: 'Near endpoints first',
            options: [
              { value: true, label: 'Yes' },
              { value: false, label: 'No: all alike' },
            ],
          },
          {
            is: 'list',
            key: 'failover',
            label: 'Failover by region',
            item: 'Failover',
            add: 'Add a failover',
            fields: [
              { is: 'text', key: 'from', label: 'From region', example: 'eu', isNeeded: true },
              { is: 'text', key: 'to', label: 'To region', example: 'us', isNeeded: true },
            ],
          },
          {
            is: 'words',
            key: 'failoverPriority',
            label: 'Failover by labels, the first first',
            example: 'topology.istio.io/network',
          },
          {
            is: 'list',
            key: 'distribute',
            label: 'Shares by locality',
            item: 'Share',
            add: 'Add a distribution',
            about: 'In place of failover: Istio does one or the other',
            fields: [
              { is: 'text', key: 'from', label: 'Callers in', example: 'eu/*', isNeeded: true },
              {
                is: 'pairs',
                key: 'to',
                label: 'Call endpoints in',
                keyLabel: 'Locality',
                example: 'eu/*',
                add: 'Add a locality',
                of: { is: 'number', key: 'value', label: 'Percent', min: 1, max: 100 },
              },
            ],
          },
        ],
      },
      {
        is: 'group',
        key: 'outlierEjection',
        label: 'Ejection of sick endpoints',
        fields: [
          { is: 'number', key: 'consecutive5xx', label: 'Errors in a row', min: 1, max: 1_000_000 },
          { is: 'text', key: 'interval', label: 'Looked at every', example: '5s' },
          { is: 'text', key: 'baseEjectionTime', label: 'Ejected for', example: '30s' },
          {
            is: 'number',
            key: 'maxEjectionPercent',
            label: 'At most, in percent',
            min: 0,
            max: 100,
          },
        ],
      },
    ],
    initial: { algorithm: 'LEAST_REQUEST' },
  },
  {
    kind: 'TrafficSplit',
    title: 'Traffic split',
    question: 'Which version, network or other service gets which calls, by weight and header',
    becomes: 'VirtualService, DestinationRule',
    notes: [
      'The proxies of the callers choose, in every cluster selected. It applies to HTTP.',
      'A version by labels is pods of the caller’s own cluster, since imported endpoints carry no such labels. For a version across clusters, give it a Service of its own, export that, and name it here.',
      'A version by network goes through its gateway. The document has to be in the clusters of callers and of that network alike; callers in a cluster that knows no endpoint there get 503.',
    ],
    fields: [
      host,
      {
        is: 'pairs',
        key: 'versions',
        label: 'Versions',
        keyLabel: 'Name of the version',
        example: 'canary',
        add: 'Add a version',
        of: {
          is: 'group',
          key: 'value',
          label: 'Version',
          fields: [
            {
              is: 'variant',
              name: 'version',
              label: 'It is',
              variants: [
                {
                  value: 'both',
                  label: 'Pods with certain labels, in one network',
                  fields: [
                    labels,
                    { is: 'text', key: 'network', label: 'Network', example: 'net-a' },
                  ],
                },
                {
                  value: 'service',
                  label: 'A Service of its own',
                  fields: [
                    {
                      is: 'text',
                      key: 'service',
                      label: 'Service',
                      example: 'payments-v2',
                      isNeeded: true,
                    },
                  ],
                },
                {
                  value: 'host',
                  label: 'Another host',
                  fields: [
                    {
                      is: 'text',
                      key: 'host',
                      label: 'Host',
                      example: 'payments.legacy.svc.cluster.local',
                      isNeeded: true,
                    },
                  ],
                },
              ],
            },
          ],
        },
      },
      {
        is: 'list',
        key: 'routes',
        label: 'Routes',
        item: 'Route',
        add: 'Add a route',
        about: 'The first that matches takes the call; the last one has no match',
        fields: [
          { is: 'group', key: 'match', label: 'Only calls that match', fields: match },
          {
            is: 'list',
            key: 'to',
            label: 'Go to',
            item: 'Target',
            add: 'Add a target',
            fields: [
              { is: 'text', key: 'version', label: 'Version', example: 'canary', isNeeded: true },
              { is: 'number', key: 'weight', label: 'Weight in percent', min: 0, max: 100 },
            ],
          },
        ],
      },
    ],
  },
  {
    kind: 'RetriesAndTimeouts',
    title: 'Timeouts and retries',
    question: 'How long callers wait for a service, and what they try again',
    becomes: 'VirtualService',
    notes: [
      'The proxies of the callers do it, in every cluster selected, so the timeout includes the way through the gateway. It applies to HTTP.',
      'A retry may go to another cluster, as load balancing has it.',
    ],
    fields: [
      host,
      ...timing,
      {
        is: 'list',
        key: 'perRoute',
        label: 'Otherwise for some calls',
        item: 'Some calls',
        add: 'Add some calls',
        about: 'What one says nothing of it has from above',
        fields: [
          { is: 'group', key: 'match', label: 'Calls that match', fields: match },
          ...timing,
        ],
      },
    ],
    initial: { timeout: '5s' },
  },
  {
    kind: 'RateLimit',
    title: 'Rate limit',
    question: 'How many HTTP requests each pod of a service takes in a second, minute or hour',
    becomes: 'EnvoyFilter',
    notes: [
      'Every pod counts for itself the calls that reach it, from wherever: what the mesh takes of a service grows with its pods in all its clusters. Calls beyond it get 429.',
      'It becomes an EnvoyFilter, which only admins may change.',
    ],
    fields: [
      workload,
      {
        is: 'number',
        key: 'requests',
        label: 'Requests',
        min: 1,
        max: 1_000_000_000,
        isNeeded: true,
      },
      {
        is: 'choice',
        key: 'per',
        label: 'In a',
        options: [
          { value: 'second', label: 'Second' },
          { value: 'minute', label: 'Minute' },
          { value: 'hour', label: 'Hour' },
        ],
      },
      {
        is: 'choice',
        key: 'scope',
        label: 'Counted by',
        options: [{ value: 'pod', label: 'Each pod' }],
      },
    ],
    initial: { requests: 100, per: 'second' },
  },
];

export function intentKind(kind: string | null | undefined): IntentKind | undefined {
  return intentKinds.find((candidate) => candidate.kind === kind);
}

export function newValues({ fields, initial }: IntentKind): Values {
  return { ...blank(fields), ...initial };
}
