import type { JsonObject } from '../objects.js';
import { present } from './compiled.js';
import { readHost } from './host.js';
import type { IntentKind } from './intent-kind.js';
import type { Fields } from './reader.js';
import {
  anyHeaderName,
  duration,
  locality as localityWord,
  priorityLabel,
  region,
  token,
} from './words.js';

const algorithms = ['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM', 'PASSTHROUGH'] as const;
const networkLabel = 'topology.istio.io/network';
const topologyLabels = new Set([
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
]);

/** Without an ejection Envoy never finds an endpoint unhealthy, and so never fails over. */
const defaultEjection = {
  consecutive5xxErrors: 5,
  interval: '5s',
  baseEjectionTime: '30s',
  maxEjectionPercent: 100,
};

/**
 * How callers choose among the endpoints of a host. With `locality` and without
 * `outlierEjection`, endpoints are ejected for 30 s after five errors in a row, all of them if need
 * be: locality failover rests on that.
 *
 * Across clusters: callers' proxies choose, in every cluster selected. Another network's endpoints
 * are its gateway, once for each locality that its exporter reports, weighted by the endpoints
 * behind it; so localities are preferred and failed over to across clusters. Ejecting the gateway
 * ejects that locality whole, and a pod behind it is its own cluster's to eject. Of labels, a
 * gateway carries that of its network alone.
 */
export const loadBalancing: IntentKind = {
  kind: 'LoadBalancing',
  description: 'How callers choose among the endpoints of a service, near and far, sick and well',
  compile(document, spec) {
    const host = readHost(spec);
    const simple = spec.choice('algorithm', algorithms);
    const consistentHash = spec.object('consistentHash', readHash);
    if (spec.has('algorithm') && spec.has('consistentHash')) {
      spec.invalid('consistentHash', 'stands beside algorithm', 'leave one of them out');
    }
    if (spec.has('consistentHash')) {
      spec.warn(
        'HashesToGateway',
        'consistentHash',
        'chooses the same gateway for calls to another network, and any pod behind it',
        'keep such calls within a network, or do not rely on the pod being the same',
      );
    }
    const localityLbSetting = spec.object('locality', readLocality);
    const ejection = spec.object('outlierEjection', readEjection);
    if (simple === 'PASSTHROUGH') warnOfPassthrough(spec);
    if (!known.some((name) => spec.has(name))) spec.missing('algorithm', 'LEAST_REQUEST');
    const isLocal = localityLbSetting && localityLbSetting.enabled !== false;
    const loadBalancer = present({ simple, consistentHash, localityLbSetting });
    const trafficPolicy = present({
      loadBalancer: Object.keys(loadBalancer).length > 0 ? loadBalancer : undefined,
      outlierDetection: ejection ?? (isLocal ? defaultEjection : undefined),
    });
    return { share: { document, host, trafficPolicy } };
  },
};

const known = ['algorithm', 'consistentHash', 'locality', 'outlierEjection'];

function warnOfPassthrough(spec: Fields): void {
  if (spec.has('locality')) {
    spec.unsupported(
      'locality',
      'stands beside PASSTHROUGH, which goes to the address that the caller chose',
      'write another algorithm, or leave locality out',
    );
  }
  spec.warn(
    'BreaksAcrossNetworks',
    'algorithm',
    'is PASSTHROUGH: calls go to the address that the caller chose, so imported endpoints get none',
    'write another algorithm, unless the service is for callers of its own cluster',
  );
}

function readHash(fields: Fields): JsonObject {
  const [first, second] = ['header', 'cookie', 'query', 'sourceIp'].filter((name) =>
    fields.has(name),
  );
  if (first === undefined) fields.missing('header', 'x-user');
  if (second !== undefined) {
    fields.invalid(second, `stands beside ${first}`, 'leave one of them out');
  }
  if (fields.flag('sourceIp') === false) {
    fields.invalid('sourceIp', 'is false', 'write true, or hash something else');
  }
  return present({
    httpHeaderName: fields.text('header', anyHeaderName),
    httpCookie: fields.object('cookie', (cookie) =>
      present({
        name: cookie.needText('name', token),
        path: cookie.text('path', token),
        ttl: cookie.text('lifetime', duration),
      }),
    ),
    httpQueryParameterName: fields.text('query', token),
    useSourceIp: first === 'sourceIp' ? true : undefined,
  });
}

function readEjection(fields: Fields): JsonObject {
  return present({
    consecutive5xxErrors: fields.number('consecutive5xx', 1, 1_000_000),
    interval: fields.text('interval', duration),
    baseEjectionTime: fields.text('baseEjectionTime', duration),
    maxEjectionPercent: fields.number('maxEjectionPercent', 0, 100),
  });
}

function readLocality(fields: Fields): JsonObject {
  const prefer = fields.flag('prefer');
  const failover = fields.list('failover', readFailover);
  const failoverPriority = fields.texts('failoverPriority', priorityLabel);
  const distribute = fields.list('distribute', readDistribution);
  if (distribute)
    checkOverlap(
      fields,
      'distribute',
      distribute.map(({ from }) => from),
    );
  const [first] = ['failover', 'failoverPriority', 'distribute'].filter((name) => fields.has(name));
  if (first === undefined && !fields.has('prefer')) fields.missing('prefer', 'true');
  if (prefer === false && first !== undefined) {
    fields.invalid(first, 'stands beside prefer: false', 'write prefer: true, or leave it out');
  }
  if (first !== undefined && first !== 'distribute' && fields.has('distribute')) {
    fields.unsupported(
      'distribute',
      `stands beside ${first}, and Istio does one or the other`,
      'leave one of them out; distribute never fails over to a locality that it does not name',
    );
  }
  for (const label of failoverPriority ?? []) checkPriority(fields, label);
  return present({ enabled: prefer ?? true, failover, failoverPriority, distribute });
}

function readFailover(fields: Fields): JsonObject {
  const from = fields.needText('from', region);
  const to = fields.needText('to', region);
  if (from === to && from !== '') {
    fields.invalid('to', `is ${to}, as from is`, 'name another region');
  }
  return { from, to };
}

function readDistribution(fields: Fields): { from: string; to: JsonObject } {
  const from = fields.needText('from', localityWord);
  if (!fields.has('to')) fields.missing('to', "{'eu/*': 80, 'us/*': 20}");
  const weights = fields.object('to', (to) =>
    Object.fromEntries(
      to.keys(localityWord).map((name) => [name, to.number(name, 1, 100) ?? 0] as const),
    ),
  );
  const sum = Object.values(weights ?? {}).reduce((total, weight) => total + weight, 0);
  if (weights && sum !== 100) {
    fields.invalid('to', `adds up to ${sum}`, 'write weights that add up to 100');
  }
  checkOverlap(fields, 'to', Object.keys(weights ?? {}));
  return { from, to: weights ?? {} };
}

/** istiod refuses localities of which one includes the other. */
function checkOverlap(fields: Fields, name: string, localities: readonly string[]): void {
  const stems = localities.map((text) => `${text.replace(/\/?\*$/, '')}/`.replace(/^\/$/, ''));
  const overlap = stems.findIndex((stem, index) =>
    stems.some((other, place) => place !== index && other.startsWith(stem)),
  );
  if (overlap < 0) return;
  const message = `names ${localities[overlap]} beside a part of it, or twice`;
  fields.invalid(name, message, 'name localities of which none includes another');
}

function checkPriority(fields: Fields, label: string): void {
  const [key = ''] = label.split('=');
  if (fields.has('failover') && topologyLabels.has(key)) {
    fields.unsupported(
      'failoverPriority',
      `names ${key} beside failover, which orders regions already`,
      `leave out failover, or ${key}`,
    );
  }
  if (key !== networkLabel) {
    fields.warn(
      'HiddenByGateway',
      'failoverPriority',
      `names ${key}, which endpoints of other networks do not tell, since all that is seen of them is their gateway`,
      `put ${networkLabel} first, or use failover, which goes by the localities of exporters`,
    );
  }
}
