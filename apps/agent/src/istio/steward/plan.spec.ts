import { DesiredRevision, IstioIntent, State } from '@isthmus/contracts';
import { describe, expect, it } from 'vitest';
import type { ProxyPod } from '../proxies.js';
import {
  type Observed,
  type ObservedGateway,
  type ObservedRevision,
  type ObservedWorkload,
  planTasks,
  type Task,
  wishOf,
  workloadId,
} from './plan.js';

const old: ObservedRevision = {
  name: 'default',
  version: '1.29.6',
  installedBy: 'helm',
  managed: true,
  deployed: true,
  origin: 'adopt',
  wish: undefined,
  replicas: 1,
  ready: 1,
  injects: true,
  stuck: undefined,
};
const wanted = DesiredRevision.fromPartial({
  name: '1-30-2',
  version: '1.30.2',
  wanted: 'install',
  valuesFrom: 'default',
});
const next: ObservedRevision = {
  ...old,
  name: '1-30-2',
  version: '1.30.2',
  installedBy: 'isthmus',
  origin: 'install',
  wish: wishOf(wanted),
};
const keptOld = DesiredRevision.fromPartial({ name: 'default', version: '1.29.6', wanted: 'keep' });

function observed(changes: Partial<Observed> = {}): Observed {
  return {
    revisions: [next, old],
    tags: [],
    defaultInjector: 'active',
    validator: 'default',
    namespaces: new Map(),
    gateways: [],
    workloads: new Map(),
    budgets: [],
    crdVersion: '1.30.2',
    removing: new Set(),
    webhooksSettled: true,
    now: 1_000_000_000,
    ...changes,
  };
}

const proxy = (name: string, changes: Partial<ProxyPod> = {}): ProxyPod => ({
  name: `${name}-0`,
  namespace: 'shop',
  uid: name,
  revision: 'default',
  version: '1.29.6',
  ready: true,
  isGateway: false,
  owner: { kind: 'Deployment', name },
  ...changes,
});

const workload = (name: string, changes: Partial<ObservedWorkload> = {}): ObservedWorkload => ({
  kind: 'Deployment',
  namespace: 'shop',
  name,
  restartedFor: undefined,
  restartedAt: 0,
  complete: true,
  progress: '1 of 1 Pods are new, 1 available',
  stuck: undefined,
  unrestartable: undefined,
  podLabels: { app: name },
  ...changes,
});

const shop = (follows: string, ...proxies: ProxyPod[]): Observed['namespaces'] =>
  new Map([['shop', { follows, proxies }]]);
const workloads = (...all: ObservedWorkload[]): Observed['workloads'] =>
  new Map(all.map((it) => [workloadId(it), it]));
const intent = (changes: Parameters<typeof IstioIntent.fromPartial>[0]): IstioIntent =>
  IstioIntent.fromPartial({ fence: 1, revisions: [keptOld, wanted], ...changes });
const moves = { name: 'shop', follows: '1-30-2', moveWorkloads: true };

/** Type, object, and what is done or keeps it from being done. */
const told = (tasks: readonly Task[]): string[] =>
  tasks.map(({ type, object, action, held }) =>
    [type, object, held ? held.reason : action?.do].join(' '),
  );
const plan = (changes: Parameters<typeof intent>[0], there: Partial<Observed> = {}): string[] =>
  told(planTasks(intent(changes), observed(there)));

describe('revisions', () => {
  it('has nothing to do when all is as wanted', () => {
    expect(plan({})).toEqual([]);
  });

  it('installs after the CRDs, and those only where they are older', () => {
    expect(plan({}, { revisions: [old], crdVersion: '1.29.6' })).toEqual([
      'crds CRDs of 1.30.2 crds',
      'install revision 1-30-2 Waiting',
    ]);
    expect(plan({}, { revisions: [old], crdVersion: '1.31.0' })).toEqual([
      'install revision 1-30-2 install',
    ]);
    // Nobody left a mark: a newer istiod had newer CRDs.
    const newer = { ...old, name: 'other', version: '1.31.0' };
    expect(plan({ revisions: [wanted] }, { revisions: [newer], crdVersion: '' })).toEqual([
      'install revision 1-30-2 install',
    ]);
    expect(plan({ revisions: [wanted] }, { revisions: [old], crdVersion: '' })[0]).toBe(
      'crds CRDs of 1.30.2 crds',
    );
  });

  it('leaves CRDs to the Sail operator', () => {
    const sails = { ...old, installedBy: 'sail' };
    expect(plan({}, { revisions: [sails], crdVersion: '1.29.6' })).toEqual([
      'install revision 1-30-2 install',
    ]);
  });

  it('goes on where it was cut off, and installs again what is wanted otherwise', () => {
    const unfinished = { ...next, origin: undefined, wish: undefined };
    expect(plan({}, { revisions: [unfinished, old] })).toEqual(['install revision 1-30-2 install']);
    const values = Buffer.from('{"pilot":{"replicaCount":2}}');
    expect(plan({ revisions: [{ ...wanted, values }] })).toEqual([
      'install revision 1-30-2 install',
    ]);
    expect(plan({ revisions: [{ ...wanted, values, wanted: 'keep' }] })).toEqual([]);
  });

  it('waits until istiod is ready and injects, and tells what is stuck', () => {
    const task = (there: Partial<ObservedRevision>) =>
      planTasks(intent({}), observed({ revisions: [{ ...next, ...there }, old] }))[0];
    expect(task({ ready: 0, injects: false })?.held).toEqual({
      state: State.STATE_PENDING,
      reason: 'NotReady',
      message: '0 of 1 Pods of istiod 1-30-2 are ready',
    });
    expect(task({ injects: false })?.held?.reason).toBe('NotReady');
    expect(task({ ready: 0, stuck: 'no progress' })?.held).toMatchObject({
      state: State.STATE_REFUSED,
      reason: 'RolloutStuck',
    });
  });

  it('takes over what is there in that version, and changes no other', () => {
    const foreign = { ...old, managed: false, origin: undefined };
    const adopting = (version: string) => ({
      revisions: [{ name: 'default', version, wanted: 'adopt' }],
    });
    expect(plan(adopting('1.29.6'), { revisions: [foreign] })).toEqual([
      'adopt revision default adopt',
    ]);
    expect(plan(adopting('1.29.6'), { revisions: [old] })).toEqual([]);
    expect(plan(adopting('1.30.2'), { revisions: [foreign] })).toEqual([
      'adopt revision default VersionDiffers',
    ]);
    expect(plan(adopting('1.29.6'), { revisions: [] })).toEqual([
      'adopt revision default RevisionNotFound',
    ]);
    const inPlace = [{ name: 'default', version: '1.30.2', wanted: 'install' }];
    expect(plan({ revisions: inPlace }, { revisions: [foreign] })).toEqual([
      'install revision default NotManaged',
    ]);
    expect(plan({ revisions: inPlace }, { revisions: [old] })).toEqual([
      'install revision default install',
    ]);
  });
});

describe('tags and namespaces', () => {
  const tags = [{ name: 'prod', revision: 'default', managed: false }];
  const moveTag = { tags: [{ name: 'prod', revision: '1-30-2' }] };

  it('moves tags first, then namespaces to them', () => {
    const namespaces = [{ name: 'shop', follows: 'prod' }];
    expect(plan({ ...moveTag, namespaces }, { tags, namespaces: shop('1-30-2') })).toEqual([
      'tag tag prod tag',
      'namespace namespace shop Waiting',
    ]);
    const moved = [{ name: 'prod', revision: '1-30-2', managed: true }];
    expect(plan({ ...moveTag, namespaces }, { tags: moved, namespaces: shop('1-30-2') })).toEqual([
      'namespace namespace shop label',
    ]);
    expect(plan({ ...moveTag, namespaces }, { tags: moved, namespaces: shop('prod') })).toEqual([]);
  });

  it('leads nobody to an istiod that does not inject', () => {
    const revisions = [{ ...next, injects: false, ready: 0 }, old];
    const namespaces = [{ ...moves, name: 'shop' }];
    expect(
      plan({ ...moveTag, namespaces }, { tags, revisions, namespaces: shop('injection') }),
    ).toEqual([
      'install revision 1-30-2 NotReady',
      'tag tag prod RevisionNotReady',
      'namespace namespace shop RevisionNotReady',
    ]);
  });

  it('passes over namespaces that are gone, and those whose labels are left alone', () => {
    expect(plan({ namespaces: [moves] })).toEqual([]);
    expect(plan({ namespaces: [{ name: 'shop' }] }, { namespaces: shop('') })).toEqual([]);
  });

  it('is through with the default tag only when nobody else serves in its place', () => {
    const wish = { tags: [{ name: 'default', revision: '1-30-2' }] };
    const set = [{ name: 'default', revision: '1-30-2', managed: true }];
    expect(plan(wish)).toEqual(['tag tag default tag']);
    expect(plan(wish, { tags: set })).toEqual(['tag tag default tag']);
    expect(plan(wish, { tags: set, defaultInjector: 'inactive' })).toEqual(['tag tag default tag']);
    expect(plan(wish, { tags: set, defaultInjector: 'inactive', validator: '1-30-2' })).toEqual([]);
  });

  it('takes the default tag away where it is to lead to the revision default', () => {
    const wish = { tags: [{ name: 'default', revision: 'default' }] };
    const set = [{ name: 'default', revision: '1-30-2', managed: true }];
    expect(plan(wish)).toEqual([]);
    expect(plan(wish, { tags: set, defaultInjector: 'inactive' })).toEqual([
      'tag tag default untag',
    ]);
    expect(plan(wish, { defaultInjector: 'inactive' })).toEqual(['tag tag default untag']);
    const foreign = [{ name: 'default', revision: 'default', managed: false }];
    expect(plan(wish, { tags: foreign, defaultInjector: 'inactive' })).toEqual([]);
  });
});

describe('restarts', () => {
  const stale = [proxy('a'), proxy('b'), proxy('c')];
  const three = workloads(workload('a'), workload('b'), workload('c'));

  it('restarts no more than may at one time', () => {
    const there = { namespaces: shop('1-30-2', ...stale), workloads: three };
    expect(plan({ namespaces: [moves], maxRestarting: 2 }, there)).toEqual([
      'restart Deployment shop/a restart',
      'restart Deployment shop/b restart',
      'restart Deployment shop/c Waiting',
    ]);
    expect(plan({ namespaces: [moves], maxRestarting: 0 }, there).slice(0, 2)).toEqual([
      'restart Deployment shop/a restart',
      'restart Deployment shop/b Waiting',
    ]);
    expect(plan({ namespaces: [{ ...moves, moveWorkloads: false }] }, there)).toEqual([]);
  });

  it('counts what is under way, and begins it no second time', () => {
    const restartedAt = 1_000_000_000 - 5_000;
    const under = workload('a', { restartedFor: '1-30-2', restartedAt, complete: false });
    const there = {
      namespaces: shop('1-30-2', ...stale),
      workloads: workloads(under, workload('b'), workload('c')),
    };
    expect(plan({ namespaces: [moves], maxRestarting: 2 }, there)).toEqual([
      'restart Deployment shop/a RollingOut',
      'restart Deployment shop/b restart',
      'restart Deployment shop/c Waiting',
    ]);
    // All its Pods are new, but not all available.
    const fresh = { ...there, namespaces: shop('1-30-2', proxy('a', { revision: '1-30-2' })) };
    expect(plan({ namespaces: [moves] }, fresh)).toEqual(['restart Deployment shop/a RollingOut']);
    const stuck = { ...fresh, workloads: workloads({ ...under, stuck: 'no progress' }) };
    expect(plan({ namespaces: [moves] }, stuck)).toEqual([
      'restart Deployment shop/a RolloutStuck',
    ]);
  });

  it('gives a restart that changed nothing some time before the next', () => {
    const at = (ago: number) => ({
      namespaces: shop('1-30-2', proxy('a')),
      workloads: workloads(
        workload('a', { restartedFor: '1-30-2', restartedAt: 1_000_000_000 - ago }),
      ),
    });
    expect(plan({ namespaces: [moves] }, at(10_000))).toEqual([
      'restart Deployment shop/a StillOld',
    ]);
    expect(plan({ namespaces: [moves] }, at(400_000))).toEqual([
      'restart Deployment shop/a restart',
    ]);
    // For another revision, as when going back: at once.
    const back = {
      ...at(10_000),
      namespaces: shop('injection', proxy('a', { revision: '1-30-2' })),
    };
    expect(plan({ namespaces: [{ ...moves, follows: 'injection' }] }, back)).toEqual([
      'restart Deployment shop/a restart',
    ]);
  });

  it('waits for budgets, also where two workloads share one', () => {
    const budget = (allowed: number) => [
      { namespace: 'shop', name: 'all', allowed, selects: () => true },
    ];
    const there = { namespaces: shop('1-30-2', ...stale), workloads: three };
    const [task] = planTasks(
      intent({ namespaces: [moves] }),
      observed({ ...there, budgets: budget(0) }),
    );
    expect(task?.held).toEqual({
      state: State.STATE_PENDING,
      reason: 'DisruptionBudget',
      message: 'PodDisruptionBudget shop/all allows no Pod to be taken away now',
    });
    expect(
      plan({ namespaces: [moves], maxRestarting: 5 }, { ...there, budgets: budget(2) }),
    ).toEqual([
      'restart Deployment shop/a restart',
      'restart Deployment shop/b restart',
      'restart Deployment shop/c DisruptionBudget',
    ]);
    const elsewhere = [{ namespace: 'bank', name: 'all', allowed: 0, selects: () => true }];
    expect(plan({ namespaces: [moves] }, { ...there, budgets: elsewhere })[0]).toBe(
      'restart Deployment shop/a restart',
    );
  });

  it('makes no Pods before the label is there and API servers know of it', () => {
    const there = { namespaces: shop('injection', ...stale), workloads: three };
    expect(plan({ namespaces: [moves] }, there)).toEqual(['namespace namespace shop label']);
    const labelled = { ...there, namespaces: shop('1-30-2', proxy('a')), webhooksSettled: false };
    expect(plan({ namespaces: [moves] }, labelled)).toEqual(['restart Deployment shop/a Waiting']);
  });

  it('says what nobody restarts', () => {
    const there = {
      namespaces: shop(
        '1-30-2',
        proxy('a', { owner: undefined }),
        proxy('b', { owner: { kind: 'Job', name: 'b' } }),
        proxy('c'),
        proxy('gone'),
      ),
      workloads: new Map([
        ...workloads(workload('c', { unrestartable: 'it is paused' })),
        ['Deployment shop/gone', null] as const,
      ]),
    };
    expect(plan({ namespaces: [moves] }, there)).toEqual([
      'restart Pod shop/a-0 Unrestartable',
      'restart Job shop/b Unrestartable',
      'restart Deployment shop/c Unrestartable',
    ]);
  });

  it('lets what is broken anyway wait for the others', () => {
    const there = {
      namespaces: shop('1-30-2', proxy('a'), proxy('b')),
      workloads: workloads(workload('a', { complete: false }), workload('b')),
    };
    expect(plan({ namespaces: [moves] }, there)).toEqual([
      'restart Deployment shop/b restart',
      'restart Deployment shop/a Waiting',
    ]);
  });

  it('moves gateways only when it is told, one at a time', () => {
    const there = {
      namespaces: shop(
        '1-30-2',
        proxy('in', { isGateway: true }),
        proxy('out', { isGateway: true }),
      ),
      workloads: workloads(workload('in'), workload('out')),
    };
    expect(plan({ namespaces: [moves], maxRestarting: 5 }, there)).toEqual([]);
    expect(
      plan({ namespaces: [{ ...moves, moveGateways: true }], maxRestarting: 5 }, there),
    ).toEqual(['gateway Deployment shop/in restart', 'gateway Deployment shop/out Waiting']);
  });
});

describe('gateways of the Gateway API', () => {
  const gateway: ObservedGateway = {
    namespace: 'shop',
    name: 'web',
    label: '',
    pinnedFrom: undefined,
  };
  const pod = (revision: string, ready = true): ProxyPod =>
    proxy('web-istio', { revision, ready, isGateway: true, gatewayName: 'web' });
  const tags = (revision: string) => [{ name: 'prod', revision, managed: true }];
  const wish = (moveGateways: boolean) => ({
    tags: [{ name: 'prod', revision: '1-30-2' }],
    namespaces: [{ name: 'shop', follows: 'prod', moveWorkloads: true, moveGateways }],
  });

  it('are held where they are before anything moves', () => {
    const there = { tags: tags('default'), namespaces: shop('prod', pod('default')) };
    const [pin, tag] = planTasks(intent(wish(false)), observed({ ...there, gateways: [gateway] }));
    expect(pin).toMatchObject({ type: 'gateway', action: { do: 'pin', revision: 'default' } });
    expect(tag?.held?.reason).toBe('Waiting');
    const pinned = [{ ...gateway, label: 'default', pinnedFrom: '' }];
    expect(plan(wish(false), { ...there, gateways: pinned })).toEqual(['tag tag prod tag']);
  });

  it('are held before the label of their namespace changes, and the tag need not wait', () => {
    const there = {
      tags: tags('default'),
      namespaces: new Map([
        ['shop', { follows: 'injection', proxies: [pod('default')] }],
        ['bank', { follows: 'prod', proxies: [] }],
      ]),
      gateways: [gateway],
    };
    expect(
      plan({ tags: [{ name: 'prod', revision: '1-30-2' }], namespaces: [moves] }, there),
    ).toEqual([
      'gateway Gateway shop/web pin',
      'tag tag prod tag',
      'namespace namespace shop Waiting',
    ]);
  });

  it('move one at a time, and are let go when they have moved', () => {
    const other = { ...gateway, name: 'api' };
    const pods = (web: ProxyPod, api: string) =>
      shop('prod', web, { ...pod(api), name: 'api-0', gatewayName: 'api' });
    const at = (web: ObservedGateway, api: ObservedGateway, namespaces: Observed['namespaces']) =>
      plan(wish(true), { tags: tags('1-30-2'), namespaces, gateways: [api, web] });
    const held = (it: ObservedGateway, label = 'default') => ({ ...it, label, pinnedFrom: '' });
    expect(at(held(gateway), held(other), pods(pod('default'), 'default'))).toEqual([
      'gateway Gateway shop/api pin',
      'gateway Gateway shop/web Waiting',
    ]);
    // The other one has been let go, and is at it.
    expect(at(held(gateway, '1-30-2'), held(other), pods(pod('1-30-2', false), 'default'))).toEqual(
      ['gateway Gateway shop/web RollingOut', 'gateway Gateway shop/api Waiting'],
    );
    expect(at(held(gateway, '1-30-2'), held(other), pods(pod('1-30-2'), 'default'))).toEqual([
      'gateway Gateway shop/web pin',
      'gateway Gateway shop/api pin',
    ]);
    expect(at(gateway, other, pods(pod('1-30-2'), '1-30-2'))).toEqual([]);
  });

  it('are let go where nothing is to move any more', () => {
    const pinned = [{ ...gateway, label: 'default', pinnedFrom: '' }];
    const there = { tags: tags('default'), namespaces: shop('prod', pod('default')) };
    const tasks = planTasks(intent({}), observed({ ...there, gateways: pinned }));
    expect(tasks).toMatchObject([{ action: { do: 'pin', revision: undefined } }]);
  });

  it('follow the default tag out of namespaces that nobody speaks of', () => {
    const namespaces = shop('', pod('default'));
    const set = { tags: [{ name: 'default', revision: '1-30-2' }] };
    expect(plan(set, { namespaces, gateways: [gateway] })).toEqual([
      'gateway Gateway shop/web pin',
      'tag tag default Waiting',
    ]);
    const moved: Partial<Observed> = {
      namespaces,
      tags: [{ name: 'default', revision: '1-30-2', managed: true }],
      defaultInjector: 'inactive',
      validator: '1-30-2',
      gateways: [{ ...gateway, label: 'default', pinnedFrom: '' }],
    };
    const [task] = planTasks(intent(set), observed(moved));
    expect(task).toMatchObject({ action: { do: 'pin', revision: '1-30-2' } });
    // While nothing may move they stay.
    const heldBack = [{ name: 'bank', follows: 'prod' }];
    expect(plan({ ...set, namespaces: heldBack }, moved)).toEqual([]);
  });

  it('are held while an istiod without a revision would take them from the default tag', () => {
    const said = {
      tags: [{ name: 'default', revision: '1-30-2' }],
      namespaces: [{ name: 'shop', follows: 'injection', moveWorkloads: true, moveGateways: true }],
    };
    const moved = { namespaces: shop('1-30-2', pod('1-30-2')) };
    expect(plan(said, { ...moved, gateways: [gateway] })).toEqual([
      'gateway Gateway shop/web pin',
      'tag tag default Waiting',
      'namespace namespace shop Waiting',
    ]);
    const pinned = [{ ...gateway, label: '1-30-2', pinnedFrom: '' }];
    const through: Partial<Observed> = {
      namespaces: shop('injection', pod('1-30-2')),
      tags: [{ name: 'default', revision: '1-30-2', managed: true }],
      defaultInjector: 'inactive',
      validator: '1-30-2',
      gateways: pinned,
    };
    expect(plan(said, through)).toEqual([]);
    const removed = { revisions: [next], removing: new Set<string>() };
    const done = { ...said, revisions: [wanted], namespaces: [] };
    expect(plan(done, { ...through, ...removed, removing: new Set(['default']) })).toEqual([]);
    expect(plan(done, { ...through, ...removed })).toEqual(['gateway Gateway shop/web pin']);
    // On the way back it is not there again before they are held.
    const back = { tags: [{ name: 'default', revision: 'default' }], revisions: [keptOld] };
    expect(plan(back, { ...through, ...removed, gateways: [gateway] })).toEqual([
      'install revision default Waiting',
      'gateway Gateway shop/web pin',
      'tag tag default RevisionNotReady',
    ]);
    expect(plan(back, { ...through, ...removed })).toContain('install revision default install');
  });

  it('stay with what they say themselves', () => {
    const own = [{ ...gateway, label: 'default' }];
    const there = { tags: tags('default'), namespaces: shop('prod', pod('default')) };
    expect(plan(wish(true), { ...there, gateways: own })).toEqual(['tag tag prod tag']);
  });
});

describe('removal', () => {
  const removing = { revisions: [wanted, { ...keptOld, wanted: 'remove' }] };

  it('takes away what nobody uses', () => {
    expect(plan(removing)).toEqual(['remove revision default remove']);
    expect(plan(removing, { revisions: [next] })).toEqual([]);
    expect(plan(removing, { revisions: [next], removing: new Set(['default']) })).toEqual([
      'remove revision default remove',
    ]);
  });

  it('waits for the last proxy, and refuses what is followed or is not ours', () => {
    const [inUse] = planTasks(
      intent(removing),
      observed({ namespaces: shop('1-30-2', proxy('a'), proxy('b')) }),
    );
    expect(inUse?.held).toEqual({
      state: State.STATE_PENDING,
      reason: 'RevisionInUse',
      message: 'proxies are of it: 2 in shop',
    });
    const tags = [{ name: 'prod', revision: 'default', managed: true }];
    expect(plan(removing, { tags })).toEqual(['remove revision default RevisionTagged']);
    expect(plan(removing, { namespaces: shop('injection') })).toEqual([
      'remove revision default RevisionFollowed',
    ]);
    const foreign = { ...old, managed: false };
    expect(plan(removing, { revisions: [next, foreign] })).toEqual([
      'remove revision default NotManaged',
    ]);
  });
});
