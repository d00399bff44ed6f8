import { expect, it } from 'vitest';
import { type Values, valuesOf } from './values.js';

const made = (values: Values, over: Values = {}, revision = '1-30-2'): Values =>
  valuesOf({
    from: { values, version: '1.29.6', revision: 'default' },
    over,
    revision,
    version: '1.30.2',
    namespace: 'istio-system',
  });
const own = { revisionTags: [], deploymentLabels: { 'isthmus.dev/managed': 'revision' } };

it('says which istiod it is, and nothing of the one before', () => {
  const before = { revision: 'old', revisionTags: ['prod'], defaultRevision: 'old' };
  expect(made(before)).toEqual({ revision: '1-30-2', ...own });
  expect(made(before, {}, 'default')).toEqual({ revision: '', ...own });
});

it('says where Istio is, if it is elsewhere than usual', () => {
  const options = { over: {}, revision: 'a', version: '1.30.2', namespace: 'mesh' };
  const from = { values: { global: { hub: 'h' } }, version: '1.29.6', revision: 'default' };
  expect(valuesOf({ ...options, from }).global).toEqual({ istioNamespace: 'mesh', hub: 'h' });
});

it('lets go of tags of the old version, and of no others', () => {
  expect(
    made({
      global: { tag: '1.29.6', hub: 'registry.example.com/istio', proxy: { image: 'proxyv2' } },
      pilot: { tag: '1.29.6-distroless', image: 'registry.example.com/pilot:1.29.6' },
    }),
  ).toMatchObject({
    global: { hub: 'registry.example.com/istio', proxy: { image: 'proxyv2' } },
    pilot: { tag: '1.30.2-distroless', image: 'registry.example.com/pilot:1.30.2' },
  });
  expect(made({ global: { tag: '1.29.6' } }).global).toEqual({});
  expect(made({ global: { tag: '1.29.60' } }).global).toEqual({ tag: '1.29.60' });
});

it('leads no proxy to the old istiod', () => {
  const to = (discoveryAddress: string) => ({
    meshConfig: { defaultConfig: { discoveryAddress } },
  });
  expect(made(to('istiod.istio-system.svc:15012'))).toMatchObject({
    meshConfig: { defaultConfig: {} },
  });
  expect(made(to('istiod.istio-system.svc:15012'))).not.toMatchObject(
    to('istiod.istio-system.svc:15012'),
  );
  const elsewhere = to('istiod.example.com:15012');
  expect(made(elsewhere)).toMatchObject(elsewhere);
});

it('merges as Helm does, and changes nothing of what it was given', () => {
  const before = { pilot: { env: { A: '1', B: '2' } }, tolerations: [{ key: 'a' }] };
  const copy = structuredClone(before);
  const over = { pilot: { env: { B: '3', C: null } }, tolerations: [] };
  expect(made(before, over)).toMatchObject({
    pilot: { env: { A: '1', B: '3', C: null } },
    tolerations: [],
  });
  expect(before).toEqual(copy);
  expect(made({ deploymentLabels: { team: 'mesh' } }).deploymentLabels).toEqual({
    team: 'mesh',
    'isthmus.dev/managed': 'revision',
  });
});
