import { type ConfigurationObject, type JsonObject, labelOf, type Problem } from '../objects.js';
import { isDisjoint, objectFrom, present, rootNamespace } from './compiled.js';
import type { IntentKind } from './intent-kind.js';
import type { Fields } from './reader.js';
import { dnsLabel, method, path, serviceAccount, trustDomain } from './words.js';
import { readWorkload, selectorOf } from './workload.js';

const authorizationPolicy = 'AuthorizationPolicy.security.istio.io';

/**
 * Who may call whom. DENY comes before ALLOW; as soon as one ALLOW policy selects a workload, what
 * none of them allows is refused. `default: allow` therefore becomes an ALLOW of everything, which
 * holds against an AccessDefault of the namespace too.
 *
 * Across clusters: the policy is enforced at the called workload, in each cluster that has it.
 * Calls pass east-west gateways without being opened, so the caller's identity arrives whole, and
 * is the same for a service account whatever its cluster. `cluster.local` stands for the trust
 * domain of the enforcing cluster and its aliases.
 *
 * An identity is known of calls with mutual TLS only: a `deny` by caller does not hold against
 * plain text where MutualTLS is PERMISSIVE. `ports` are the pods' own, not the Service's. On
 * ports that are not HTTP, `allow` with methods or paths never matches, and `deny` with them
 * counts as if it had none.
 *
 * A connection that stands goes on under the policy of before until Envoy has drained it: one more
 * request at most of each, or a long stream, for up to 45 seconds.
 */
export const accessPolicy: IntentKind = {
  kind: 'AccessPolicy',
  description: 'Who may call a service, by identity, method, path and port',
  compile(document, spec) {
    const workload = readWorkload(spec);
    const domain = spec.text('trustDomain', trustDomain);
    const allow = spec.list('allow', (rule) => readRule(rule, domain), true);
    const deny = spec.list('deny', (rule) => readRule(rule, domain), true) ?? [];
    const verdict = spec.choice('default', ['deny', 'allow']) ?? (allow ? 'deny' : undefined);
    if (verdict === 'allow' && allow) {
      spec.unsupported(
        'default',
        'is allow beside rules that allow, but in Istio the first rule that allows refuses all the rest',
        'write default: deny to let in only what is allowed, or say what is refused by deny',
      );
    }
    if (verdict === undefined && deny.length === 0) {
      const example = "[{from: [{serviceAccount: app/client}]}], or 'deny', or 'default'";
      spec.missing('allow', example);
    }
    const policy = (name: string, action: string, rules: readonly JsonObject[]) =>
      objectFrom(document, authorizationPolicy, name, {
        ...selectorOf(workload),
        action,
        ...(rules.length > 0 && { rules }),
      });
    const objects = [];
    if (verdict === 'allow') objects.push(policy(document.name, 'ALLOW', [{}]));
    if (verdict === 'deny') objects.push(policy(document.name, 'ALLOW', allow ?? []));
    if (deny.length > 0) objects.push(policy(`${document.name}-deny`, 'DENY', deny));
    return { objects };
  },
};

/**
 * Policies that allow something of a workload which another one opens: ALLOW policies add up, so
 * what this one leaves out gets in all the same.
 */
export function openings(objects: readonly ConfigurationObject[]): Problem[] {
  const allowing = objects.filter(
    ({ kind, spec }) => kind === 'AuthorizationPolicy' && spec.action === 'ALLOW',
  );
  const open = allowing.filter(({ spec }) => JSON.stringify(spec.rules) === '[{}]');
  const openers = Map.groupBy(open, ({ namespace, spec }) => scope(namespace, spec));
  return allowing.flatMap((narrow): Problem[] => {
    const { namespace, spec, clusters } = narrow;
    const scopes = [namespace, rootNamespace].flatMap((of) => [scope(of, spec), scope(of, {})]);
    const opener = scopes
      .flatMap((key) => openers.get(key) ?? [])
      .find((candidate) => !isDisjoint(candidate.clusters, clusters));
    if (!opener || JSON.stringify(spec.rules) === '[{}]') return [];
    return [
      {
        severity: 'warning',
        code: 'OpenedByAnother',
        message: `what ${narrow.compiledFrom} does not allow gets in by ${opener.compiledFrom}, whose default is allow; in Istio, rules that allow add up`,
        remedy: `take default: allow out of ${opener.compiledFrom}, or say what is refused by deny`,
        place: narrow.place,
        object: narrow.compiledFrom ?? labelOf(narrow),
      },
    ];
  });
}

function scope(namespace: string, { selector = null }: JsonObject): string {
  return JSON.stringify([namespace, selector]);
}

/** Without `from`, anyone, and without methods, paths and ports, anything. */
function readRule(rule: Fields, domain: string | undefined): JsonObject {
  const callers = rule.list('from', (caller) => readCaller(caller, domain));
  const operation = present({
    methods: rule.texts('methods', method),
    paths: rule.texts('paths', path),
    ports: rule.ports('ports')?.map(String),
  });
  return {
    ...(callers && { from: sourcesOf(callers) }),
    ...(Object.keys(operation).length > 0 && { to: [{ operation }] }),
  };
}

interface Caller {
  readonly principal?: string;
  readonly namespace?: string;
}

/** Fields of one source have to hold together: principals and namespaces are sources of their own. */
function sourcesOf(callers: readonly Caller[]): JsonObject[] {
  const principals = callers.flatMap(({ principal }) => principal ?? []);
  const namespaces = callers.flatMap(({ namespace }) => namespace ?? []);
  return [
    ...(principals.length > 0 ? [{ source: { principals } }] : []),
    ...(namespaces.length > 0 ? [{ source: { namespaces } }] : []),
  ];
}

function readCaller(caller: Fields, domain: string | undefined): Caller {
  caller.refuse(untold);
  const account = caller.text('serviceAccount', serviceAccount);
  const namespace = caller.text('namespace', dnsLabel);
  const anyone = caller.flag('anyAuthenticated');
  const told = ['serviceAccount', 'namespace', 'anyAuthenticated'].filter((name) =>
    caller.has(name),
  );
  const [first, second] = told;
  if (first === undefined && !Object.keys(untold).some((name) => caller.has(name))) {
    caller.missing('serviceAccount', "app/client, or 'namespace', or 'anyAuthenticated: true'");
  }
  if (second !== undefined) {
    const remedy = 'make each an entry of its own; a service account says its namespace already';
    caller.invalid(second, `stands beside ${first}`, remedy);
  }
  if (anyone === false) {
    caller.invalid('anyAuthenticated', 'is false', 'write true, or leave the entry out');
  }
  if (account !== undefined) {
    const [of, name] = account.split('/');
    return { principal: `${domain ?? 'cluster.local'}/ns/${of}/sa/${name}` };
  }
  if (namespace !== undefined) {
    return domain === undefined ? { namespace } : { principal: `${domain}/ns/${namespace}/sa/*` };
  }
  return { principal: domain === undefined ? '*' : `${domain}/*` };
}

const addresses = [
  'asks for addresses, but calls from other networks arrive from the address of the east-west gateway',
  'name the callers by serviceAccount or namespace, which arrive whole',
] as const;

const untold = {
  cluster: [
    'asks for the cluster of the caller, but identities are of the mesh: the same service account in two clusters is the same caller',
    'give the callers of that cluster a service account of their own, and name that',
  ],
  network: [
    'asks for the network of the caller, which no identity tells',
    'give the callers of that network a service account of their own, and name that',
  ],
  ipBlocks: addresses,
  remoteIpBlocks: addresses,
} as const;
