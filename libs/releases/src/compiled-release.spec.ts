import { describe, expect, it } from 'vitest';
import { CompiledRelease } from './compiled-release.js';
import type { ConfigurationObject, Override, Selector } from './objects.js';

const named = {
  ...{ group: 'networking.istio.io', version: 'v1', kind: 'VirtualService' },
  ...{ namespace: 'shop', name: 'cart' },
};
const place = { path: 'a.yaml', line: 1 };
const has = (key: string): Selector => [{ key, operator: 'Exists', values: [] }];

function object(name: string, clusters: Selector = []): ConfigurationObject {
  const spec = { hosts: ['cart'], http: [{ timeout: '2s' }] };
  return { ...named, name, labels: {}, annotations: {}, spec, clusters, place };
}

function override(name: string, clusters: Selector, ...steps: object[]): Override {
  const patch = { type: 'json' as const, steps: steps as never };
  return { name, clusters, target: named, patch, place };
}

describe('a compiled release', () => {
  const longer = override('a', has('slow'), {
    op: 'replace',
    path: '/spec/http/0/timeout',
    value: '9s',
  });
  const release = new CompiledRelease(
    'id',
    1,
    [object('cart'), object('prod', has('prod'))],
    [longer],
  );

  it('is the same for clusters that no selector tells apart', () => {
    const [one, two] = [release.variantFor({ slow: '1' }), release.variantFor({ slow: '', x: '' })];
    expect(one).toBe(two);
    expect(one.objects.get('VirtualService.networking.istio.io/shop/cart')?.spec.http).toEqual([
      { timeout: '9s' },
    ]);
    expect([...one.resources.keys()]).toEqual(['VirtualService.networking.istio.io/shop/cart']);
  });

  it('encodes an object once for all that have it alike', () => {
    const name = 'VirtualService.networking.istio.io/shop/cart';
    const resourceIn = (labels: Record<string, string>) =>
      release.variantFor(labels).resources.get(name);
    expect(resourceIn({ prod: '' })).toBe(resourceIn({}));
    expect(resourceIn({ prod: '', slow: '' })).toBe(resourceIn({ slow: '' }));
    expect(resourceIn({ slow: '' })).not.toBe(resourceIn({}));
  });

  it('stops nothing where overrides meet later that do not go together', () => {
    const text = override('a', has('one'), { op: 'replace', path: '/spec/http', value: 'none' });
    const into = override('b', has('two'), { op: 'add', path: '/spec/http/x', value: 1 });
    const both = new CompiledRelease('id', 1, [object('cart')], [text, into]);
    const { objects } = both.variantFor({ one: '', two: '' });
    expect([...objects.values()].map(({ spec }) => spec.http)).toEqual(['none']);
  });

  it('remembers no end of variants', () => {
    const keys = Array.from({ length: 11 }, (_, index) => `k${index}`);
    const many = new CompiledRelease(
      'id',
      1,
      keys.map((key) => object(key, has(key))),
      [],
    );
    for (let bits = 0; bits < 2 ** keys.length; bits += 1) {
      many.variantFor(
        Object.fromEntries(keys.filter((_, at) => bits & (2 ** at)).map((k) => [k, ''])),
      );
    }
    expect((many as unknown as { variants: Map<string, unknown> }).variants.size).toBeLessThan(
      1_025,
    );
    expect(many.variantFor({ k3: '' }).objects.size).toBe(1);
  });
});
