import { RE2JS } from 're2js';
import type { IntentDocument, JsonObject } from '../objects.js';
import { present } from './compiled.js';
import type { Fields } from './reader.js';
import { dnsLabel, headerName, hostName, method, something } from './words.js';

/** What callers name. */
export interface Host {
  /** In full, as Istio knows it. */
  readonly name: string;
  /** Name of the objects made for it. */
  readonly objectName: string;
}

/** What one document wants of the one VirtualService and the one DestinationRule of a host. */
export interface HostShare {
  readonly document: IntentDocument;
  readonly host: Host;
  readonly split?: Split | undefined;
  readonly timing?: HostTiming | undefined;
  readonly trafficPolicy?: JsonObject | undefined;
}

export interface Split {
  /** The last one has no match, and only that one. */
  readonly routes: readonly { readonly match?: Match | undefined; readonly route: JsonObject[] }[];
  readonly subsets: readonly JsonObject[];
}

export interface HostTiming {
  /** `timeout` and `retries`, as a VirtualService has them. */
  readonly general: JsonObject;
  readonly perRoute: readonly {
    readonly match: Match;
    readonly timing: JsonObject;
    readonly line: number;
  }[];
}

/** Conditions of one `match` of a VirtualService; all hold. */
export interface Match {
  readonly headers?: Readonly<Record<string, JsonObject>> | undefined;
  readonly uri?: JsonObject | undefined;
  readonly method?: JsonObject | undefined;
}

/**
 * `service: payments` is `payments.<namespace>.svc.cluster.local`, the name that all clusters of
 * the mesh call it by; `host` says another one in full, such as that under `svc.clusterset.local`,
 * which is a host of its own to Istio.
 */
export function readHost(fields: Fields): Host {
  const { namespace } = fields.document;
  const service = fields.text('service', dnsLabel);
  const host = fields.text('host', hostName);
  if (fields.has('service') && fields.has('host')) {
    fields.invalid('host', 'stands beside service', 'leave one of them out');
  }
  if (!fields.has('service') && !fields.has('host')) fields.missing('service', 'payments');
  if (host === undefined) return ofService(service ?? '', namespace);
  const [name = '', of, kind] = host.split('.');
  if (kind === 'svc' && of !== namespace) {
    const remedy = `move this document to the namespace ${of}, where its owners find it`;
    fields.invalid('host', `is a service of the namespace ${of}`, remedy);
  }
  const own = ofService(name, namespace);
  return own.name === host ? own : { name: host, objectName: `isthmus-${host}` };
}

function ofService(service: string, namespace: string): Host {
  return {
    name: `${service}.${namespace}.svc.cluster.local`,
    objectName: `isthmus-${service}`,
  };
}

export function readMatch(fields: Fields): Match {
  const verb = fields.text('method', method);
  const headers = fields.object('headers', readHeaders);
  const uri = fields.object('path', readTextMatch);
  if (!['method', 'headers', 'path'].some((name) => fields.has(name))) {
    fields.missing('headers', '{x-canary: {exact: "yes"}}');
  }
  if (headers && Object.keys(headers).length === 0) {
    fields.invalid('headers', 'names no header', 'name one, or leave headers out');
  }
  return { headers, uri, method: verb === undefined ? undefined : { exact: verb } };
}

function readHeaders(fields: Fields): Conditions {
  const read = fields
    .keys(headerName)
    .map((name) => [name, fields.object(name, readTextMatch) ?? {}] as const);
  return Object.fromEntries(read);
}

const ways = ['exact', 'prefix', 'regex'] as const;

function readTextMatch(fields: Fields): JsonObject {
  const [way, other] = ways.filter((name) => fields.has(name));
  if (way === undefined) fields.missing('exact', '"yes"');
  if (other !== undefined) fields.invalid(other, `stands beside ${way}`, 'leave one of them out');
  return present({
    exact: fields.text('exact', something),
    prefix: fields.text('prefix', something),
    regex: fields.text('regex', regularExpression),
  });
}

const regularExpression = {
  what: 'a regular expression as RE2 has them, without lookaround and back references',
  example: '"v[0-9]+"',
  test(value: string): boolean {
    try {
      RE2JS.compile(value);
      return value !== '';
    } catch {
      return false;
    }
  },
};

/** Both matches at once: `never` if no call can be both, `unsayable` if one `match` cannot ask for both. */
export function both(a: Match, b: Match): Match | 'never' | 'unsayable' {
  const headers = union(a.headers ?? {}, b.headers ?? {});
  const rest = union(withoutHeaders(a), withoutHeaders(b));
  if (headers === 'never' || rest === 'never') return 'never';
  if (headers === 'unsayable' || rest === 'unsayable') return 'unsayable';
  return { ...(Object.keys(headers).length > 0 && { headers }), ...rest };
}

type Conditions = Readonly<Record<string, JsonObject>>;

function withoutHeaders({ uri, method: verb }: Match): Conditions {
  return { ...(uri && { uri }), ...(verb && { method: verb }) };
}

function union(a: Conditions, b: Conditions): Conditions | 'never' | 'unsayable' {
  const joined = { ...a, ...b };
  let isUnsayable = false;
  for (const [name, condition] of Object.entries(a)) {
    const other = Object.hasOwn(b, name) ? b[name] : undefined;
    if (!other) continue;
    const joint = jointly(condition, other);
    if (joint === 'never') return 'never';
    if (joint === 'unsayable') isUnsayable = true;
    else joined[name] = joint;
  }
  return isUnsayable ? 'unsayable' : joined;
}

/** One condition that says both. */
function jointly(a: JsonObject, b: JsonObject): JsonObject | 'never' | 'unsayable' {
  if (JSON.stringify(a) === JSON.stringify(b)) return a;
  if (typeof a.regex === 'string' || typeof b.regex === 'string') return 'unsayable';
  const [first, last] = typeof a.exact === 'string' ? [b, a] : [a, b];
  if (textOf(last).startsWith(textOf(first)))
    return typeof first.exact === 'string' ? 'never' : last;
  const isWider = typeof last.prefix === 'string' && textOf(first).startsWith(last.prefix);
  return isWider ? first : 'never';
}

function textOf({ exact, prefix }: JsonObject): string {
  return String(exact ?? prefix ?? '');
}

/** As a VirtualService has it. */
export function matchSpec({ headers, uri, method: verb }: Match): JsonObject {
  return present({ headers, uri, method: verb });
}
