import type { ConfigurationObject, Json, JsonObject } from '@isthmus/releases';
import { type Answer, all, any, listOf, not, objectOf, type Pods, selects } from './selection.js';

/** Who calls, and where to: what a sidecar knows of a call before it is opened. */
export interface Call {
  /** Whether the caller shows a certificate; without one it has no identity. */
  readonly isMutualTls: boolean;
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Ports of the pods that the call may be for; 0 for one that is not known. */
  readonly ports: readonly number[];
  /** Whether the sidecar opens the call: methods, paths and headers are told by HTTP alone. */
  readonly isHttp: Answer;
}

export type Decision =
  | { readonly verdict: 'allowed'; readonly by: readonly ConfigurationObject[] }
  /** By a policy that denies it; or by those that allow, none of which allows it. */
  | {
      readonly verdict: 'denied';
      readonly action: 'DENY' | 'ALLOW';
      readonly by: readonly ConfigurationObject[];
    }
  | { readonly verdict: 'unknown'; readonly by: readonly ConfigurationObject[] };

export type Action = 'ALLOW' | 'DENY' | 'CUSTOM' | 'AUDIT';

export function actionOf({ spec }: ConfigurationObject): Action {
  const { action } = spec;
  return action === 'DENY' || action === 'CUSTOM' || action === 'AUDIT' ? action : 'ALLOW';
}

/** As Go reads a boolean. */
const isTrue = /^(1|t|T|true|True|TRUE)$/;

function isAuthorizationPolicy({ kind, annotations }: ConfigurationObject): boolean {
  return kind === 'AuthorizationPolicy' && !isTrue.test(annotations['istio.io/dry-run'] ?? '');
}

/** A policy that may hold for a call. */
interface Candidate {
  readonly policy: ConfigurationObject;
  readonly isFor: Answer;
  readonly matches: Answer;
}

/**
 * What a sidecar decides by its AuthorizationPolicies: CUSTOM, then DENY, then ALLOW. Once an
 * ALLOW policy is for a workload, what none of them allows is denied, one without rules included.
 * Rules by methods, paths and headers cannot be decided without the request; where it is no HTTP, to
 * allow by them lets nothing in, and to deny by them goes without them.
 */
export function decide(objects: Iterable<ConfigurationObject>, pods: Pods, call: Call): Decision {
  const candidates = [...objects].filter(isAuthorizationPolicy).flatMap((policy): Candidate[] => {
    const isFor = selects(policy, pods);
    return isFor === 'no' ? [] : [{ policy, isFor, matches: matches(policy, call) }];
  });
  const of = (action: Action) => candidates.filter(({ policy }) => actionOf(policy) === action);
  const isSure = ({ isFor, matches }: Candidate) => isFor === 'yes' && matches === 'yes';
  const policies = (chosen: readonly Candidate[]) => chosen.map(({ policy }) => policy);

  const denying = of('DENY').filter(isSure);
  if (denying.length > 0) return { verdict: 'denied', action: 'DENY', by: policies(denying) };
  const allowing = of('ALLOW');
  const may = allowing.filter((candidate) => candidate.matches !== 'no');
  const must = allowing.filter(({ isFor }) => isFor === 'yes');
  if (must.length > 0 && may.length === 0) {
    return { verdict: 'denied', action: 'ALLOW', by: policies(must) };
  }
  const isAllowed = allowing.length === 0 || allowing.some(isSure);
  const undecided = [
    ...[...of('CUSTOM'), ...of('DENY')].filter((candidate) => candidate.matches !== 'no'),
    ...(isAllowed ? [] : may.length > 0 ? may : allowing),
  ];
  if (undecided.length > 0) return { verdict: 'unknown', by: policies(undecided) };
  return { verdict: 'allowed', by: policies(candidates) };
}

/** Whether a rule of a policy matches a call; without rules, none ever does. */
function matches(policy: ConfigurationObject, call: Call): Answer {
  const { spec, namespace } = policy;
  const asked = { ...call, namespaceOfPolicy: namespace, request: requestOf(policy, call) };
  return any(listOf(spec.rules).map((rule) => ruleMatches(objectOf(rule), asked)));
}

/** A call as a policy sees it. */
interface Asked extends Call {
  readonly namespaceOfPolicy: string;
  /** What a field that asks for the request comes to. */
  readonly request: Answer;
}

function requestOf(policy: ConfigurationObject, { isHttp }: Call): Answer {
  if (isHttp !== 'no') return 'unknown';
  return actionOf(policy) === 'ALLOW' ? 'no' : 'yes';
}

/** Fields that ask for the request, without their `not`. */
const ofRequest = ['requestPrincipals', 'hosts', 'methods', 'paths'];
const isOfRequest = (field: string): boolean => ofRequest.includes(field);

/** `notPorts` is about `ports`. */
function positiveOf(field: string): string {
  return field.replace(/^not([A-Z])/, (_, letter: string) => letter.toLowerCase());
}

function ruleMatches({ from, to, when }: JsonObject, asked: Asked): Answer {
  const [sources, operations] = [listOf(from), listOf(to)];
  const fieldsOf = (item: Json, key: string) => objectOf(objectOf(item)[key]);
  // Istio leaves out a rule that allows as a whole, not only the part of it that asks for the request.
  const fields = [
    ...sources.flatMap((item) => Object.entries(fieldsOf(item, 'source'))),
    ...operations.flatMap((item) => Object.entries(fieldsOf(item, 'operation'))),
  ].flatMap(([field, value]) => (listOf(value).length > 0 ? [positiveOf(field)] : []));
  const keys = listOf(when).map((condition) => String(objectOf(condition).key));
  const asksForRequest = fields.some(isOfRequest) || keys.some((key) => key.startsWith('request.'));
  if (asked.request === 'no' && asksForRequest) return 'no';
  return all([
    sources.length === 0
      ? 'yes'
      : any(sources.map((item) => fieldsMatch(fieldsOf(item, 'source'), asked))),
    operations.length === 0
      ? 'yes'
      : any(operations.map((item) => fieldsMatch(fieldsOf(item, 'operation'), asked))),
    ...listOf(when).map((condition) => conditionMatches(objectOf(condition), asked)),
  ]);
}

type Test = (patterns: readonly string[], asked: Asked) => Answer;

/** What is known before a call is opened. */
const tests: Readonly<Record<string, Test>> = {
  principals: matchesPrincipal,
  namespaces: matchesNamespace,
  serviceAccounts: (accounts, asked) =>
    matchesPrincipal(
      accounts.map((account) => {
        const of = account.includes('/') ? account : `${asked.namespaceOfPolicy}/${account}`;
        return `cluster.local/ns/${of.replace('/', '/sa/')}`;
      }),
      asked,
    ),
  ports: matchesPort,
};

/** All fields that are there hold; those with `not` before them hold if what they name does not. */
function fieldsMatch(fields: JsonObject, asked: Asked): Answer {
  return all(
    Object.entries(fields).flatMap(([field, value]): Answer[] => {
      const patterns = listOf(value).map(String);
      if (patterns.length === 0) return [];
      const positive = positiveOf(field);
      if (isOfRequest(positive)) return [asked.request];
      const answer = tests[positive]?.(patterns, asked) ?? 'unknown';
      return [positive === field ? answer : not(answer)];
    }),
  );
}

const conditions: Readonly<Record<string, Test>> = {
  'source.principal': matchesPrincipal,
  'source.namespace': matchesNamespace,
  'destination.port': matchesPort,
};

function conditionMatches({ key, values, notValues }: JsonObject, asked: Asked): Answer {
  if (String(key).startsWith('request.')) return asked.request;
  const test = conditions[String(key)];
  if (!test) return 'unknown';
  const texts = (list: Json | undefined) => listOf(list).map(String);
  return all([
    ...(listOf(values).length > 0 ? [test(texts(values), asked)] : []),
    ...(listOf(notValues).length > 0 ? [not(test(texts(notValues), asked))] : []),
  ]);
}

/** `cluster.local` stands for the trust domain of whoever enforces. */
function matchesPrincipal(patterns: readonly string[], call: Call): Answer {
  if (!call.isMutualTls) return 'no';
  const principal = `${call.trustDomain}/ns/${call.namespace}/sa/${call.serviceAccount}`;
  return any(
    patterns.map((pattern) =>
      isLike(principal, pattern.replace(/^cluster\.local\//, `${call.trustDomain}/`))
        ? 'yes'
        : 'no',
    ),
  );
}

function matchesNamespace(patterns: readonly string[], call: Call): Answer {
  if (!call.isMutualTls) return 'no';
  return any(patterns.map((pattern) => (hasStars(call.namespace, pattern) ? 'yes' : 'no')));
}

function matchesPort(patterns: readonly string[], { ports }: Call): Answer {
  const answers = ports.map((port): Answer => {
    if (port === 0) return 'unknown';
    return patterns.includes(String(port)) ? 'yes' : 'no';
  });
  const [first = 'unknown'] = answers;
  return answers.every((answer) => answer === first) ? first : 'unknown';
}

/** Of namespaces alone a star stands for anything wherever it is. */
function hasStars(value: string, pattern: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return value === first;
  if (!value.startsWith(first) || !value.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= value.length - last.length;
}

/** Exactly, by a prefix (`a*`), by a suffix (`*a`), or anything there is (`*`). */
function isLike(value: string, pattern: string): boolean {
  if (pattern === '*') return value !== '';
  if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
  return value === pattern;
}

/** What a policy says, such as "allow cluster.local/ns/shop/sa/web". */
export function summaryOf(policy: ConfigurationObject): string {
  const action = actionOf(policy);
  const verb = action === 'CUSTOM' ? 'ask an external authorizer about' : action.toLowerCase();
  const rules = listOf(policy.spec.rules).map((rule) => ruleText(objectOf(rule)));
  if (rules.length === 0) return action === 'ALLOW' ? 'allow nothing' : `${verb} nothing`;
  const shown = rules.length > 3 ? [...rules.slice(0, 3), `${rules.length - 3} more`] : rules;
  return `${verb} ${shown.join('; ')}`;
}

function ruleText({ from, to, when }: JsonObject): string {
  const sources = listOf(from).map((item) => fieldsText(objectOf(objectOf(item).source)));
  const operations = listOf(to).map((item) => fieldsText(objectOf(objectOf(item).operation)));
  const conditions = listOf(when).map((item) => String(objectOf(item).key));
  return [
    sources.length > 0 ? sources.join(' or ') : 'anyone',
    ...(operations.length > 0 ? [`to ${operations.join(' or ')}`] : []),
    ...(conditions.length > 0 ? [`when ${conditions.join(', ')}`] : []),
  ].join(' ');
}

const words: Readonly<Record<string, string>> = { principals: '', namespaces: 'namespace ' };

function fieldsText(fields: JsonObject): string {
  const texts = Object.entries(fields).map(([field, value]) => {
    const items = listOf(value).map(String);
    const shown = items.length > 3 ? [...items.slice(0, 3), `${items.length - 3} more`] : items;
    const spiffe = field.toLowerCase().endsWith('principals') && !field.includes('equest');
    return `${words[field] ?? `${field} `}${shown.map((item) => (spiffe && item !== '*' && !/^\d+ more$/.test(item) ? `spiffe://${item}` : item)).join(', ')}`;
  });
  return texts.join(' and ') || 'anything';
}

/** Policies that are, or may be, for the pods of a service; of all actions. */
export function policiesFor(
  objects: Iterable<ConfigurationObject>,
  pods: Pods,
): ConfigurationObject[] {
  return [...objects].filter(
    (object) => isAuthorizationPolicy(object) && selects(object, pods) !== 'no',
  );
}
