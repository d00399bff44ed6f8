import {
  choice,
  fields,
  flag,
  type JsonSchema,
  list,
  mapping,
  text,
  whole,
} from '../json-schema.js';

// What the readers beside this file take, told to editors: completion and first hints. The readers
// judge, and say more. A spec holds the names of the fields here against those that they know.

const labels = (description: string): JsonSchema => mapping(description, { type: 'string' });

const workload = {
  service: text('Name of the service: the pods labelled app: <name>, such as payments'),
  workload: {
    description:
      'Labels of the pods, or all: every pod of the namespace, in istio-system of the mesh',
    anyOf: [{ const: 'all' }, labels('Labels of the pods')],
  },
};
const someWorkload = { anyOf: [{ required: ['service'] }, { required: ['workload'] }] };

const host = {
  service: text('Name of the service in this namespace, such as payments'),
  host: text('A full host name instead, such as payments.shop.svc.clusterset.local'),
};
const oneHost = { oneOf: [{ required: ['service'] }, { required: ['host'] }] };

const duration = (description: string): JsonSchema =>
  text(`${description}, such as 5s`, { pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h))+$' });
const port = { type: 'integer', minimum: 1, maximum: 65_535 };
const ports = list("Ports of the pods, not the Service's", port);
const paths = (description: string): JsonSchema =>
  list(`${description}: exact, /prefix/*, */suffix, or a template with {*} and {**}`, {
    type: 'string',
  });

const callers = list(
  'The callers; left out: anyone',
  fields(
    {
      serviceAccount: text('As namespace/name, such as app/client'),
      namespace: text('Every service account of it'),
      anyAuthenticated: { const: true, description: 'Whoever has an identity of the mesh' },
    },
    { minProperties: 1, maxProperties: 1 },
  ),
);
const rules = (description: string): JsonSchema =>
  list(
    description,
    fields({
      from: callers,
      methods: list('HTTP methods in capitals', { type: 'string', pattern: '^[A-Z]{1,20}$' }),
      paths: paths('Paths'),
      ports,
    }),
    0,
  );

const textMatch = (description: string): JsonSchema =>
  fields(
    {
      exact: text('The whole text'),
      prefix: text('How it begins'),
      regex: text('A regular expression (RE2) of the whole text'),
    },
    { minProperties: 1, maxProperties: 1, description },
  );
const match = fields(
  {
    method: text('An HTTP method in capitals, such as GET'),
    headers: mapping('By header, in lower case', textMatch('The value of the header')),
    path: textMatch('The path of the call'),
  },
  { minProperties: 1, description: 'Which calls; all that is said has to hold' },
);

const retries = fields(
  {
    attempts: whole('How often it is tried again; 0: never', 0, 100),
    perTryTimeout: duration('How long each try may take'),
    on: list('After what, such as connect-failure, 5xx or a status code', {
      type: ['string', 'integer'],
    }),
    otherLocalities: flag('Whether every second retry leaves the localities tried'),
  },
  { required: ['attempts'], description: 'What is tried again' },
);
const timing = { timeout: duration('How long a caller waits, retries included'), retries };

const mode = (description: string): JsonSchema =>
  choice(description, ['STRICT', 'PERMISSIVE', 'DISABLE']);
const verdict = (description: string): JsonSchema => choice(description, ['deny', 'allow']);

const ejection = fields(
  {
    consecutive5xx: whole('Errors in a row after which an endpoint is ejected', 1, 1_000_000),
    interval: duration('How often it is looked at'),
    baseEjectionTime: duration('For how long, at first'),
    maxEjectionPercent: whole('How many of the endpoints at most', 0, 100),
  },
  { description: 'When an endpoint is taken for sick' },
);
const region = text('A region, such as eu');
const locality = fields(
  {
    prefer: flag('Whether near endpoints come first'),
    failover: list(
      'Where calls go when a region is sick',
      fields({ from: region, to: region }, { required: ['from', 'to'] }),
    ),
    failoverPriority: list('Labels, the first that agrees wins: topology.istio.io/network', {
      type: 'string',
    }),
    distribute: list(
      'Shares of the calls by locality',
      fields(
        {
          from: text("Locality of the callers, such as 'eu/*'"),
          to: mapping('Weights by locality, which add up to 100', whole('Weight', 1, 100)),
        },
        { required: ['from', 'to'] },
      ),
    ),
  },
  { minProperties: 1, description: 'How near and far are told apart' },
);
const hash = fields(
  {
    header: text('By a header, such as x-user'),
    cookie: fields(
      {
        name: text('Name of the cookie'),
        path: text('Path of the cookie'),
        lifetime: duration('For how long it is set'),
      },
      { required: ['name'], description: 'By a cookie, which is set where there is none' },
    ),
    query: text('By a parameter of the query'),
    sourceIp: { const: true, description: 'By the address of the caller' },
  },
  { minProperties: 1, maxProperties: 1, description: 'The same caller gets the same pod' },
);

const issuer = fields(
  {
    issuer: text('The iss of the tokens'),
    jwksUri: text('Where its keys are; istiod of each cluster has to reach it', {
      pattern: '^https://',
    }),
    jwks: text('Its keys, as a JSON Web Key Set'),
    audiences: list('Of which a token has to have one', { type: 'string' }),
    fromHeaders: list(
      'Headers to look in; Authorization unless said',
      fields(
        {
          name: text('Name of the header'),
          prefix: text("What stands before it, such as 'Bearer '"),
        },
        { required: ['name'] },
      ),
    ),
    fromCookies: list('Cookies to look in', { type: 'string' }),
  },
  { required: ['issuer'], oneOf: [{ required: ['jwksUri'] }, { required: ['jwks'] }] },
);

const version = fields(
  {
    labels: labels("Labels of the pods, of the caller's own cluster"),
    network: text('Its endpoints in one network, such as berlin'),
    service: text('A service of its own in this namespace'),
    host: text('Any other host, in full'),
  },
  { minProperties: 1 },
);
const route = fields(
  {
    match,
    to: list(
      'Versions, with weights that add up to 100 if there are several',
      fields(
        { version: text('One of versions'), weight: whole('Share of the calls', 0, 100) },
        { required: ['version'] },
      ),
    ),
  },
  { required: ['to'] },
);

/** JSON Schema of the `spec` of each kind of intent. */
export const intentSchemas: Readonly<Record<string, JsonSchema>> = {
  AccessPolicy: fields(
    {
      ...workload,
      trustDomain: text('Of the callers; that of the mesh unless said'),
      allow: rules('Calls that get in; what none of these allows is refused'),
      deny: rules('Calls that are refused, whatever allows them'),
      default: verdict('What becomes of calls of which nothing is said'),
    },
    someWorkload,
  ),
  AccessDefault: fields(
    { default: verdict('What becomes of calls of which no AccessPolicy speaks') },
    { required: ['default'] },
  ),
  MutualTLS: fields(
    {
      ...workload,
      mode: mode('What is taken: mutual TLS alone, plain text too, or plain text alone'),
      ports: mapping('By port of the pods', mode('What is taken there')),
    },
    { required: ['mode'] },
  ),
  EndUserAuthentication: fields(
    {
      ...workload,
      issuers: list('Whose tokens are taken', issuer),
      required: flag('Whether a call has to bring a token'),
      except: paths('Paths on which none is needed'),
      ports,
    },
    { ...someWorkload, required: ['issuers', 'required'] },
  ),
  LoadBalancing: fields(
    {
      ...host,
      algorithm: choice('How an endpoint is chosen', [
        'ROUND_ROBIN',
        'LEAST_REQUEST',
        'RANDOM',
        'PASSTHROUGH',
      ]),
      consistentHash: hash,
      locality,
      outlierEjection: ejection,
    },
    oneHost,
  ),
  TrafficSplit: fields(
    {
      ...host,
      versions: mapping('By name', version),
      routes: list('In their order; the last one has no match', route),
    },
    { ...oneHost, required: ['versions', 'routes'] },
  ),
  RetriesAndTimeouts: fields(
    {
      ...host,
      ...timing,
      perRoute: list('For some calls', fields({ match, ...timing }, { required: ['match'] })),
    },
    oneHost,
  ),
  RateLimit: fields(
    {
      ...workload,
      requests: whole('How many each pod takes', 1, 1_000_000_000),
      per: choice('In which time', ['second', 'minute', 'hour']),
      scope: { const: 'pod', description: 'Every pod counts for itself' },
    },
    { ...someWorkload, required: ['requests', 'per'] },
  ),
};
