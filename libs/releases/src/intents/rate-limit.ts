import { objectFrom } from './compiled.js';
import type { IntentKind } from './intent-kind.js';
import { readWorkload } from './workload.js';

const intervals = { second: '1s', minute: '60s', hour: '3600s' } as const;

/**
 * How many HTTP requests a pod takes; the others get 429. Every pod's proxy counts for itself, so
 * `scope` is `pod`, and says so when it is left out: a service of five pods takes five times as many.
 *
 * Across clusters: the pods of each cluster count the calls that reach them, from wherever. What
 * the mesh takes of a service grows with its pods in all its clusters.
 */
export const rateLimit: IntentKind = {
  kind: 'RateLimit',
  description: 'How many HTTP requests each pod of a service takes in a second, minute or hour',
  compile(document, spec) {
    const workload = readWorkload(spec);
    const requests = spec.number('requests', 1, 1_000_000_000) ?? 1;
    if (!spec.has('requests')) spec.missing('requests', '100');
    const per = spec.choice('per', ['second', 'minute', 'hour']) ?? 'second';
    if (!spec.has('per')) spec.missing('per', 'minute');
    if (spec.choice('scope', ['pod', 'mesh']) === 'mesh') {
      spec.unsupported(
        'scope',
        'is mesh, but proxies share no count: Istio needs a rate limit service of yours for that',
        "write scope: pod and the pod's share of requests, or run Envoy's rate limit service and write the EnvoyFilter for it",
      );
    }
    const envoyFilter = objectFrom(document, 'EnvoyFilter.networking.istio.io', document.name, {
      ...(workload && { workloadSelector: { labels: workload } }),
      configPatches: [patch(requests, intervals[per])],
    });
    return { objects: [envoyFilter] };
  },
};

/** To the letter as Istio documents its local rate limit. */
function patch(requests: number, interval: string) {
  const always = (key: string) => ({
    runtime_key: key,
    default_value: { numerator: 100, denominator: 'HUNDRED' },
  });
  return {
    applyTo: 'HTTP_FILTER',
    match: {
      context: 'SIDECAR_INBOUND',
      listener: {
        filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager' } },
      },
    },
    patch: {
      operation: 'INSERT_BEFORE',
      value: {
        name: 'envoy.filters.http.local_ratelimit',
        typed_config: {
          '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct',
          type_url:
            'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
          value: {
            stat_prefix: 'http_local_rate_limiter',
            token_bucket: {
              max_tokens: requests,
              tokens_per_fill: requests,
              fill_interval: interval,
            },
            filter_enabled: always('local_rate_limit_enabled'),
            filter_enforced: always('local_rate_limit_enforced'),
            response_headers_to_add: [
              { append: false, header: { key: 'x-local-rate-limit', value: 'true' } },
            ],
          },
        },
      },
    },
  };
}
