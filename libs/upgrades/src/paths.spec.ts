import { describe, expect, it } from 'vitest';
import { leadsSomewhere, parsePath } from './paths.js';

const root = {
  spec: {
    http: [{ name: 'a' }, { fault: { delay: { percent: 5 } } }],
    selector: { matchLabels: { 'istio.io/gateway-name': 'x' } },
    ports: { web: { number: 80 }, none: null },
    deep: [[{ a: [{ ring: 0 }] }]],
  },
};

describe('paths', () => {
  it.each([
    ['spec.http[].fault.delay.percent', true],
    ['spec.http.fault', false],
    ['spec.http[].mirror', false],
    ['spec.selector.matchLabels["istio.io/gateway-name"]', true],
    ['spec.**["istio.io/gateway-name"]', true],
    ['spec.**.ring', true],
    ['spec.**.rings', false],
    ['spec.ports{}.number', true],
    ['spec.ports{}.name', false],
    ['spec.ports.none', false],
    ['spec', true],
    ['status', false],
    ['spec.toString', false],
  ])('%s leads somewhere: %s', (path, expected) => {
    expect(leadsSomewhere(parsePath(path) ?? [], root)).toBe(expected);
  });

  it.each(['', 'spec.', 'spec.**', 'spec[0]', 'spec.["a]', 'a b'])('cannot be %j', (path) => {
    expect(parsePath(path)).toBe(undefined);
  });
});
