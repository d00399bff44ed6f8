import { describe, expect, it } from 'vitest';
import { type JoiningReport, joiningOf, joiningStepNames } from './joining.js';
import type { JoiningRecord } from './joining-records.js';

const now = new Date('2026-03-01T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const hour = 3600;
const hub = 'hub.example.com:443';

const token = (age: number, usedAge?: number) => ({
  createdAt: ago(age),
  expiresAt: ago(age - hour),
  usedAt: usedAge === undefined ? null : ago(usedAge),
});
/** A cluster that was registered ten seconds ago. */
const registered: JoiningRecord = {
  clusterId: 'cluster_a',
  now,
  status: 'PENDING',
  network: 'berlin',
  connectedAt: null,
  lastContactAt: null,
  lockedAt: null,
  lockReason: null,
  removedAt: null,
  token: token(10),
  joinedAt: null,
  attempt: null,
  clockSkew: null,
  certificate: null,
};
/** One that has joined, and is there. */
const connected: JoiningRecord = {
  ...registered,
  status: 'CONNECTED',
  token: token(600, 590),
  joinedAt: ago(590),
  attempt: { at: ago(590), code: null, version: '1.2.3' },
  clockSkew: 0,
  certificate: { issuedAt: ago(590), notAfter: ago(-23 * hour) },
  connectedAt: ago(580),
  lastContactAt: ago(5),
};
const stored = { stored: 'YES', reason: '', message: '', reportedAt: ago(570) } as const;
const refused = (reason: string) =>
  ({ stored: 'REFUSED', reason, message: `words of ${reason}`, reportedAt: ago(560) }) as const;
const cluster = {
  agentVersion: '1.2.3',
  kubernetesVersion: 'v1.36.1',
  observedNetwork: 'berlin',
  capabilities: ['gateway-api', 'istio-crds'],
  istioVersions: ['1.31.4'],
  conditions: [],
  reportedAt: ago(575),
};
const well: JoiningReport = {
  cluster,
  settings: stored,
  trustBundle: stored,
  signingCertificate: stored,
};
const problem = (type: string, status = 'True') => ({
  type,
  status,
  reason: 'Because',
  message: `words of ${type}`,
});

const of = (record: Partial<JoiningRecord>, report: JoiningReport = well, base = connected) =>
  joiningOf({ ...base, ...record }, report, hub);
const joining = (record: Partial<JoiningRecord>) => of(record, {}, registered);
const stepOf = ({ steps }: ReturnType<typeof of>, name: string) =>
  steps.find((step) => step.name === name);
/** Such as `HELM_COMMAND DONE`. */
const statesOf = ({ steps }: ReturnType<typeof of>) =>
  steps.map(({ name, state }) => `${name} ${state}`).join(', ');
const statesFrom = (states: readonly string[]) =>
  joiningStepNames.map((name, index) => `${name} ${states[index] ?? 'WAITING'}`).join(', ');

describe('joining', () => {
  it('is done when everything is', () => {
    const all = of({});
    expect(all.done).toBe(true);
    expect(statesOf(all)).toBe(statesFrom(Array(9).fill('DONE')));
    expect(all.steps.every(({ reason, remedy }) => reason === null && remedy === null)).toBe(true);
    expect(all.steps.map(({ at }) => at)).toEqual([
      ago(600),
      ago(590),
      ago(590),
      ago(580),
      ...Array(4).fill(ago(575)),
      ago(570),
    ]);
    expect(stepOf(all, 'CALLED')?.message).toContain('1.2.3');
  });

  it('has every step once and in order, and waits for one of them at most, whatever is known', () => {
    const records = [
      joining({}),
      joining({ token: null }),
      joining({ token: token(2 * hour) }),
      joining({ attempt: { at: ago(1), code: 'CSR_MALFORMED', version: null } }),
      of({}, {}),
      of({ status: 'OUT_OF_CONTACT' }),
      of({ status: 'LOCKED' }),
      of({ status: 'REMOVED', removedAt: ago(1) }),
    ];
    for (const each of records) {
      expect(each.steps.map(({ name }) => name)).toEqual(joiningStepNames);
      const states = each.steps.map(({ state }) => state);
      expect(states.filter((state) => state === 'ACTIVE').length).toBeLessThanOrEqual(1);
      const first = states.findIndex((state) => state !== 'DONE');
      if (first >= 0) expect(['ACTIVE', 'FAILED']).toContain(states[first]);
      for (const { state, remedy } of each.steps)
        if (state === 'FAILED') expect(remedy).toBeTruthy();
      // Steps say when by `at`, in the zone of whoever reads it.
      for (const { message } of each.steps) expect(message).not.toMatch(/\dT\d|undefined|null/);
    }
  });

  it('waits for the agent, and after two minutes says why it may not come', () => {
    const soon = joining({});
    expect(statesOf(soon)).toBe(statesFrom(['DONE', 'ACTIVE']));
    expect(stepOf(soon, 'CALLED')).toMatchObject({ reason: null, remedy: null });
    const late = joining({ token: token(121) });
    expect(statesOf(late)).toBe(statesFrom(['DONE', 'ACTIVE']));
    expect(stepOf(late, 'CALLED')).toMatchObject({ reason: 'AGENT_SILENT' });
    expect(stepOf(late, 'CALLED')?.message).toContain(hub);
    for (const command of ['logs', 'describe']) {
      expect(stepOf(late, 'CALLED')?.remedy).toContain(`kubectl -n isthmus-system ${command}`);
    }
  });

  it('fails with a token that expired unused, until there is a new one', () => {
    const expired = joining({ token: token(2 * hour) });
    expect(stepOf(expired, 'HELM_COMMAND')).toMatchObject({
      state: 'FAILED',
      reason: 'JOIN_TOKEN_EXPIRED',
      at: ago(hour),
    });
    expect(stepOf(expired, 'CALLED')?.state).toBe('WAITING');
    const tried = { at: ago(60), code: 'JOIN_TOKEN_EXPIRED', version: '1.0.0' };
    expect(stepOf(joining({ token: token(2 * hour), attempt: tried }), 'JOINED')).toMatchObject({
      state: 'FAILED',
      reason: 'JOIN_TOKEN_EXPIRED',
    });
    expect(statesOf(joining({ token: token(10), attempt: tried }))).toBe(
      statesFrom(['DONE', 'ACTIVE']),
    );
  });

  it.each(['JOIN_TOKEN_USED', 'CSR_MALFORMED', 'CSR_WEAK_KEY', 'CLUSTER_LOCKED', 'INTERNAL'])(
    'fails when the agent was refused: %s',
    (code) => {
      const { steps, done } = joining({ attempt: { at: ago(5), code, version: null } });
      expect(done).toBe(false);
      expect(steps.slice(0, 4)).toMatchObject([
        { state: 'DONE' },
        { state: 'DONE', at: ago(5) },
        { state: 'FAILED', reason: code, at: ago(5) },
        { state: 'WAITING' },
      ]);
    },
  );

  it('begins anew when certificates are void, or a cluster that is away gets a token', () => {
    const unlocked = of({ status: 'OUT_OF_CONTACT', certificate: null });
    expect(statesOf(unlocked)).toBe(statesFrom(['ACTIVE']));
    expect(stepOf(unlocked, 'HELM_COMMAND')?.remedy).toContain('new join token');
    const again = of({ status: 'OUT_OF_CONTACT', token: token(5) });
    expect(statesOf(again)).toBe(statesFrom(['DONE', 'ACTIVE']));
    // One that is there need not.
    expect(of({ token: token(5) }).done).toBe(true);
  });

  it('fails when one that is away comes with a token that it has used', () => {
    const attempt = { at: ago(2), code: 'JOIN_TOKEN_USED', version: '1.2.3' };
    const away = { status: 'OUT_OF_CONTACT', lastContactAt: ago(300), attempt } as const;
    expect(stepOf(of(away), 'JOINED')).toMatchObject({
      state: 'FAILED',
      reason: 'JOIN_TOKEN_USED',
    });
  });

  it('tells, for an hour, of a second agent with a used token', () => {
    const attempt = { at: ago(2), code: 'JOIN_TOKEN_USED', version: '1.2.3' };
    const warned = of({ attempt });
    expect(warned.done).toBe(true);
    expect(stepOf(warned, 'JOINED')).toMatchObject({ state: 'DONE', reason: 'JOIN_TOKEN_USED' });
    const over = { ...connected, token: token(9 * hour, 8 * hour), joinedAt: ago(8 * hour) };
    const old = { ...attempt, at: ago(2 * hour) };
    expect(stepOf(of({ attempt: old }, well, over), 'JOINED')?.reason).toBeNull();
  });

  it('tells of a clock that is off, and fails if no certificate bears it', () => {
    const skewed = (clockSkew: number, status: JoiningRecord['status'] = 'CONNECTED') =>
      stepOf(of({ clockSkew, status, lastContactAt: ago(5) }), 'JOINED');
    expect(skewed(300)).toMatchObject({ state: 'DONE', reason: null });
    expect(skewed(-301)).toMatchObject({ state: 'DONE', reason: 'CLOCK_SKEW' });
    expect(skewed(-1200)?.message).toContain('20 min behind');
    expect(skewed(-3 * hour, 'PENDING')).toMatchObject({ state: 'FAILED', reason: 'CLOCK_SKEW' });
    expect(skewed(-3 * hour, 'PENDING')?.message).toContain('3 h behind');
    expect(skewed(-3 * hour)?.state).toBe('DONE');
    expect(skewed(20 * hour, 'PENDING')?.state).toBe('DONE');
    expect(skewed(25 * hour, 'PENDING')).toMatchObject({ state: 'FAILED', reason: 'CLOCK_SKEW' });
    const refusal = { at: ago(1), code: 'CSR_MALFORMED', version: null };
    expect(stepOf(joining({ attempt: refusal, clockSkew: 9999 }), 'JOINED')?.reason).toBe(
      'CSR_MALFORMED',
    );
  });

  it('fails for a cluster that is locked, removed, or away for long', () => {
    const locked = of({ status: 'LOCKED', lockedAt: ago(9), lockReason: 'two agents' });
    expect(stepOf(locked, 'CONNECTED')).toMatchObject({
      state: 'FAILED',
      reason: 'CLUSTER_LOCKED',
      at: ago(9),
    });
    expect(stepOf(locked, 'CONNECTED')?.message).toContain('two agents');
    expect(stepOf(locked, 'TRUSTED')?.state).toBe('DONE');
    const removed = of({ status: 'REMOVED', removedAt: ago(9), certificate: null });
    expect(stepOf(removed, 'JOINED')).toMatchObject({ state: 'FAILED', reason: 'CLUSTER_REMOVED' });
    const away = (seconds: number) =>
      stepOf(of({ status: 'OUT_OF_CONTACT', lastContactAt: ago(seconds) }), 'CONNECTED');
    expect(away(60)).toMatchObject({ state: 'ACTIVE', reason: null });
    expect(away(121)).toMatchObject({ state: 'FAILED', reason: 'OUT_OF_CONTACT' });
  });

  it('waits for streams, and then for what the agent reads', () => {
    const just = { issuedAt: ago(5), notAfter: ago(-hour) };
    const pending = { status: 'PENDING', connectedAt: null, lastContactAt: null } as const;
    expect(statesOf(of({ ...pending, certificate: just }, {}))).toBe(
      statesFrom(['DONE', 'DONE', 'DONE', 'ACTIVE']),
    );
    expect(stepOf(of(pending, {}), 'CONNECTED')?.reason).toBe('STREAMS_MISSING');
    expect(statesOf(of({}, {}))).toBe(statesFrom([...Array(4).fill('DONE'), 'ACTIVE']));
  });

  it('fails without permissions, be it to read or to write, and judges nothing unseen', () => {
    const blind = { ...cluster, capabilities: [], istioVersions: [], observedNetwork: '' };
    const conditions = [problem('Permitted', 'False')];
    const reading = of({}, { cluster: { ...blind, conditions } });
    expect(statesOf(reading)).toBe(statesFrom([...Array(5).fill('DONE'), 'FAILED']));
    expect(stepOf(reading, 'PERMITTED')).toMatchObject({ reason: 'FORBIDDEN' });
    expect(stepOf(reading, 'PERMITTED')?.message).toContain('words of Permitted');
    const writing = of({}, { ...well, signingCertificate: refused('Forbidden') });
    expect(stepOf(writing, 'PERMITTED')).toMatchObject({ state: 'FAILED', at: ago(560) });
    expect(stepOf(writing, 'ISTIO')?.state).toBe('DONE');
  });

  it('fails without Istio, and takes its definitions for enough', () => {
    const istio = (changes: Partial<typeof cluster>) =>
      stepOf(of({}, { ...well, cluster: { ...cluster, ...changes } }), 'ISTIO');
    expect(istio({})?.message).toBe('Istio 1.31.4');
    expect(istio({ istioVersions: [] })).toMatchObject({ state: 'DONE', reason: null });
    expect(istio({ istioVersions: [] })?.message).toContain('unknown');
    const missing = { state: 'FAILED', reason: 'ISTIO_MISSING' };
    expect(istio({ capabilities: ['gateway-api'] })).toMatchObject(missing);
    expect(istio({ capabilities: ['gateway-api'] })?.message).toContain('1.31.4');
    expect(istio({ capabilities: [], istioVersions: [] })).toMatchObject(missing);
    expect(istio({ capabilities: [] })?.remedy).toContain('ISTIO_MULTIROOT_MESH=true');
    expect(istio({ conditions: [problem('IstioMissing')] as never[] })).toMatchObject(missing);
    expect(istio({ capabilities: ['istio-crds'] })).toMatchObject({
      state: 'DONE',
      reason: 'GATEWAY_API_MISSING',
    });
    expect(istio({ conditions: [problem('DataPlaneUnsupported')] as never[] })).toMatchObject({
      state: 'FAILED',
      reason: 'DATA_PLANE_UNSUPPORTED',
    });
  });

  it('fails in another network than was registered, and waits for the label', () => {
    const network = (observedNetwork: string, settings: JoiningReport['settings'] = stored) =>
      stepOf(of({}, { ...well, settings, cluster: { ...cluster, observedNetwork } }), 'NETWORK');
    expect(network('paris')).toMatchObject({ state: 'FAILED', reason: 'NETWORK_MISMATCH' });
    expect(network('')).toMatchObject({ state: 'ACTIVE', reason: null });
    expect(network('', refused('Invalid'))).toMatchObject({ state: 'FAILED', reason: 'INVALID' });
  });

  it('is trusted when istiod has been given what it signs with', () => {
    const trusted = (signingCertificate: JoiningReport['signingCertificate'], bundle = stored) =>
      stepOf(of({}, { ...well, signingCertificate, trustBundle: bundle }), 'TRUSTED');
    expect(trusted(undefined)).toMatchObject({ state: 'ACTIVE', reason: null });
    expect(trusted(undefined)?.message).toContain('signs');
    const pending = { ...stored, stored: 'PENDING', message: 'no namespace' } as const;
    expect(trusted(pending)).toMatchObject({ state: 'ACTIVE', message: 'no namespace' });
    expect(trusted(refused('NotOurs'))).toMatchObject({ state: 'FAILED', reason: 'NOT_OURS' });
    expect(trusted(refused('NotOurs'))?.remedy).toContain('isthmus.dev/adopt=true');
    expect(trusted(refused('NotOurs'))?.remedy).toContain('restart istiod and the workloads');
    expect(trusted(stored)).toMatchObject({ state: 'DONE', reason: null });
    expect(trusted(stored)?.message).toContain('takes it when it is restarted');
    expect(trusted(stored, { ...stored, stored: 'UNKNOWN' } as never)?.state).toBe('ACTIVE');
  });
});
