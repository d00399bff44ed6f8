import { describe, expect, it } from 'vitest';
import { type ClusterState, firstExpiry, healthOf } from './health.js';

const now = Date.parse('2026-06-01T00:00:00Z');
const day = 86_400_000;
const at = (days: number): string => new Date(now + days * day).toISOString();

const well: ClusterState = {
  status: 'CONNECTED',
  heldRemovals: [],
  conditions: [],
  configuration: null,
  joining: { done: true, steps: [] },
};
const configuration = {
  number: 7,
  objects: 10,
  stored: 10,
  pending: 0,
  refused: 0,
  unaccepted: 0,
  current: true,
  live: 'YES',
} as const;

function step(name: string, state: 'DONE' | 'ACTIVE' | 'WAITING' | 'FAILED', reason?: string) {
  return { name, state, reason: reason ?? null, message: `${name} ${state}`, remedy: 'mend it' };
}

describe('healthOf', () => {
  it('is well when nothing is wrong', () => {
    expect(healthOf(well, now)).toEqual({ tone: 'ok', word: 'Connected', problems: [] });
    expect(healthOf({ ...well, configuration }, now).tone).toBe('ok');
  });

  it('tells the status before all else', () => {
    const locked = healthOf({ ...well, status: 'LOCKED', lockReason: 'two agents' }, now);
    expect(locked).toMatchObject({ tone: 'bad', word: 'Locked' });
    expect(locked.problems[0]?.message).toBe('two agents');
    expect(healthOf({ ...well, status: 'REMOVED' }, now).tone).toBe('idle');
  });

  it('does not tell again what an agent said that is out of contact', () => {
    const silent: ClusterState = {
      ...well,
      status: 'OUT_OF_CONTACT',
      conditions: [{ type: 'IstioMissing', reason: 'NamespaceNotFound', message: 'no Istio' }],
      configuration: { ...configuration, refused: 2 },
      joining: { done: false, steps: [step('CONNECTED', 'FAILED', 'OUT_OF_CONTACT')] },
    };
    expect(healthOf(silent, now)).toEqual({ tone: 'warn', word: 'Out of contact', problems: [] });
  });

  it('waits for an agent that has not called, and tells one that joins from it', () => {
    const steps = [step('HELM_COMMAND', 'DONE'), step('CALLED', 'ACTIVE', 'AGENT_SILENT')];
    const pending: ClusterState = { ...well, status: 'PENDING', joining: { done: false, steps } };
    expect(healthOf(pending, now)).toMatchObject({ tone: 'idle', word: 'Waits for its agent' });
    const called = { done: false, steps: [step('CALLED', 'DONE'), step('JOINED', 'ACTIVE')] };
    expect(healthOf({ ...pending, joining: called }, now)).toMatchObject({
      tone: 'busy',
      word: 'Joining',
    });
    const refused = { done: false, steps: [step('JOINED', 'FAILED', 'JOIN_TOKEN_USED')] };
    expect(healthOf({ ...pending, joining: refused }, now)).toMatchObject({
      tone: 'bad',
      word: 'Agent is refused',
      problems: [{ remedy: 'mend it' }],
    });
  });

  it('tells a problem once, though condition and step both do', () => {
    const health = healthOf(
      {
        ...well,
        conditions: [
          { type: 'Permitted', reason: 'Forbidden', message: 'may not list Pods' },
          { type: 'GatewayClosed', reason: 'NoServer', message: 'opens no port' },
        ],
        joining: { done: false, steps: [step('PERMITTED', 'FAILED', 'FORBIDDEN')] },
      },
      now,
    );
    expect(health.problems.map(({ title }) => title)).toEqual([
      'Permission missing',
      'Gateway closed',
    ]);
    expect(health.word).toBe('Permission missing, and 1 more');
  });

  it('puts the worst first', () => {
    const health = healthOf(
      { ...well, heldRemovals: ['Import/shop/a'], configuration: { ...configuration, refused: 1 } },
      now,
    );
    expect(health.problems.map(({ tone }) => tone)).toEqual(['bad', 'warn']);
    expect(health.word).toBe('1 object refused, and 1 more');
  });

  it('is busy while a release is on its way, and not without objects', () => {
    const late = { ...configuration, current: false };
    expect(healthOf({ ...well, configuration: late }, now)).toMatchObject({
      tone: 'busy',
      word: 'Takes release 7',
    });
    const none = { ...late, objects: 0 };
    expect(healthOf({ ...well, configuration: none }, now).tone).toBe('ok');
  });

  it('warns of a certificate that is not renewed, before it ends', () => {
    const tone = (renew: number, end: number) =>
      healthOf({ ...well, signingCertificate: { renewAt: at(renew), notAfter: at(end) } }, now)
        .tone;
    expect(tone(1, 10)).toBe('ok');
    expect(tone(-1, 10)).toBe('ok');
    expect(tone(-6, 5)).toBe('warn');
    expect(tone(-10, -1)).toBe('bad');
  });
});

describe('firstExpiry', () => {
  it('is the certificate that ends first', () => {
    const signingCertificate = { notAfter: at(9) };
    expect(firstExpiry({ signingCertificate, agentCertificateExpiresAt: at(1) })?.of).toBe('agent');
    expect(firstExpiry({ signingCertificate, agentCertificateExpiresAt: at(10) })?.of).toBe(
      'signing',
    );
    expect(firstExpiry({ signingCertificate })?.at).toBe(at(9));
    expect(firstExpiry({})).toBeNull();
  });
});
