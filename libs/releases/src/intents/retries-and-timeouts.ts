import type { JsonObject } from '../objects.js';
import { present } from './compiled.js';
import { readHost, readMatch } from './host.js';
import type { IntentKind } from './intent-kind.js';
import type { Fields } from './reader.js';
import { duration, milliseconds, retryCondition } from './words.js';

/**
 * How long callers wait for a host, and what they try again. A route that says nothing of one of
 * both has it from the whole. Without `retries`, Istio tries twice more where nothing has reached
 * the service; `attempts: 0` ends that. It applies to HTTP.
 *
 * Across clusters: callers' proxies do it, in every cluster selected, so the timeout includes the
 * way through the gateway. A retry may go to another cluster, as load balancing has it;
 * `otherLocalities: true` makes every second one leave the localities that were tried: the first
 * stays where the call was.
 */
export const retriesAndTimeouts: IntentKind = {
  kind: 'RetriesAndTimeouts',
  description: 'How long callers wait for a service, and what they try again',
  compile(document, spec) {
    const host = readHost(spec);
    const general = readTiming(spec, {});
    const perRoute = spec.list('perRoute', (fields, { index }) => {
      const match = fields.object('match', readMatch) ?? {};
      if (!fields.has('match')) fields.missing('match', '{path: {prefix: /reports}}');
      const timing = readTiming(fields, general);
      if (!fields.has('timeout') && !fields.has('retries')) fields.missing('timeout', '30s');
      return { match, timing, line: document.lineOf(['spec', 'perRoute', index]) };
    });
    if (!['timeout', 'retries', 'perRoute'].some((name) => spec.has(name))) {
      spec.missing('timeout', '5s, or retries: {attempts: 2}');
    }
    return { share: { document, host, timing: { general, perRoute: perRoute ?? [] } } };
  },
};

function readTiming(fields: Fields, inherited: JsonObject): JsonObject {
  const timeout = fields.text('timeout', duration) ?? inherited.timeout;
  const retries = fields.object('retries', (own) =>
    readRetries(own, typeof timeout === 'string' ? timeout : undefined),
  );
  return present({ timeout, retries: retries ?? inherited.retries });
}

function readRetries(fields: Fields, timeout: string | undefined): JsonObject {
  const attempts = fields.number('attempts', 0, 100);
  if (!fields.has('attempts')) fields.missing('attempts', '2');
  for (const name of ['perTryTimeout', 'on', 'otherLocalities']) {
    if (attempts !== 0 || !fields.has(name)) continue;
    fields.invalid(name, 'stands beside attempts: 0', 'leave it out where nothing is tried again');
  }
  const otherLocalities = fields.flag('otherLocalities');
  if (otherLocalities && attempts === 1) {
    fields.unsupported(
      'otherLocalities',
      'asks the only retry to leave, but in Istio the first one stays in the localities of the call',
      'write attempts: 2, or leave it out',
    );
  }
  const perTryTimeout = fields.text('perTryTimeout', duration);
  const longest = timeout === undefined ? undefined : milliseconds(timeout);
  const each = perTryTimeout === undefined ? undefined : milliseconds(perTryTimeout);
  if (longest !== undefined && each !== undefined && each > longest) {
    const message = `is longer than the timeout of all tries, ${timeout}`;
    fields.invalid('perTryTimeout', message, 'make it shorter, or the timeout longer');
  }
  return present({
    attempts,
    perTryTimeout,
    retryOn: fields.texts('on', retryCondition)?.join(','),
    retryRemoteLocalities: otherLocalities,
  });
}
