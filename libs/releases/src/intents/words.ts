import { STATUS_CODES } from 'node:http';
import { isDnsLabel } from '@isthmus/kernel';

/** What a text may be, in the operator's words. */
export interface Word {
  /** Completes "is not …". */
  readonly what: string;
  readonly example: string;
  test(value: string): boolean;
}

const pattern = (what: string, example: string, expression: RegExp): Word => ({
  what,
  example,
  test: (value) => expression.test(value),
});

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const dnsLabel: Word = {
  what: 'a name of lower-case letters, digits and dashes, at most 63',
  example: 'payments',
  test: isDnsLabel,
};

export const hostName: Word = {
  what: 'a full host name without wildcards',
  example: 'payments.shop.svc.cluster.local',
  test: (value) => value.length <= 253 && value.includes('.') && subdomain.test(value),
};

export const serviceAccount: Word = {
  what: 'a service account as namespace/name',
  example: 'app/client',
  test(value) {
    const [namespace = '', name = '', ...rest] = value.split('/');
    return rest.length === 0 && isDnsLabel(namespace) && name.length <= 253 && subdomain.test(name);
  },
};

export const trustDomain: Word = {
  what: 'a trust domain without spiffe://',
  example: 'mesh.example.com',
  test: (value) => value.length <= 255 && /^[a-z0-9]([-._a-z0-9]*[a-z0-9])?$/.test(value),
};

export const method = pattern('an HTTP method in capitals', 'GET', /^[A-Z]{1,20}$/);

/** As AuthorizationPolicy has them: exact, a prefix, a suffix, or a template. */
export const path: Word = {
  what: "a path, a prefix that ends in '*', a suffix that begins with '*', or a template with {*} and at last {**}",
  example: '/api/*',
  test: (value) =>
    value.includes('{') || value.includes('}')
      ? /^(\/(\{\*\}|[^*{}/?#]*))*(\/\{\*\*\}(\/[^*{}/?#]*)*)?$/.test(value)
      : /^(\/[^*?#]*\*?|\*[^*?#]*)$/.test(value),
};

export const labelKey: Word = {
  what: 'a label key',
  example: 'app.kubernetes.io/name',
  test(value) {
    const [name = '', prefix, ...rest] = value.split('/').reverse();
    return (
      rest.length === 0 &&
      (prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix))) &&
      /^[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$/.test(name)
    );
  },
};

export const labelValue = pattern(
  'a label value of at most 63 letters, digits, dots, dashes and underscores',
  'v2',
  /^([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$/,
);

/** What Istio takes in `failoverPriority`: a label, or a label and the value to compare with. */
export const priorityLabel: Word = {
  what: 'a label key, or key=value',
  example: 'topology.istio.io/network',
  test(value) {
    const [key = '', text = '', ...rest] = value.split('=');
    return rest.length === 0 && labelKey.test(key) && labelValue.test(text);
  },
};

/** Envoy matches lower-case names only, and Istio says so of VirtualServices. */
export const headerName = pattern(
  'a header name in lower case',
  'x-canary',
  /^[a-z0-9!#$%&'*+.^_`|~-]{1,256}$/,
);
export const anyHeaderName = pattern(
  'a header name',
  'X-User',
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/,
);
export const token = pattern('a name without spaces', 'session', /^[^\s;,=]{1,256}$/);

export const region = pattern("a region, without '/' and '*'", 'eu', /^[^/*\s]+$/);
export const locality = pattern(
  "a locality region/zone/subzone, where '*' may be last",
  'eu/*',
  /^(\*|[^/*\s]+(\/(\*|[^/*\s]+(\/(\*|[^/*\s]+))?))?)$/,
);

export const httpsAddress: Word = {
  what: 'an https:// address',
  example: 'https://issuer.example.com/jwks.json',
  test: (value) => value.length <= 2048 && value.startsWith('https://') && URL.canParse(value),
};

export const something: Word = {
  what: 'a text that is not empty',
  example: '"…"',
  test: (value) => value.trim() !== '',
};

const unit: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration; undefined if it is none. */
export function milliseconds(duration: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(duration)) return undefined;
  let sum = 0;
  for (const [, number, name = ''] of duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    sum += Number(number) * (unit[name] ?? 0);
  }
  return sum;
}

export const duration: Word = {
  what: 'a duration of a millisecond at least',
  example: '5s',
  test: (value) => (milliseconds(value) ?? 0) >= 1,
};

const conditions = new Set(
  [
    '5xx gateway-error reset reset-before-request connect-failure envoy-ratelimited retriable-4xx',
    'refused-stream retriable-status-codes retriable-headers http3-post-connect-failure',
    'cancelled deadline-exceeded internal resource-exhausted unavailable',
  ].flatMap((line) => line.split(' ')),
);

export const retryCondition: Word = {
  what: `one of ${[...conditions].join(', ')}, or a status code`,
  example: 'connect-failure',
  test: (value) => conditions.has(value) || Object.hasOwn(STATUS_CODES, value),
};
