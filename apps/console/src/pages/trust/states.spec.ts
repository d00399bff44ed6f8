import { describe, expect, it } from 'vitest';
import type { Cluster, Member } from './members.js';
import {
  agentLook,
  agentStateOf,
  recoveryMs,
  type SigningState,
  signingLook,
  signingStateOf,
  signingStates,
} from './states.js';

const now = Date.parse('2026-06-01T00:00:00Z');
const hour = 3_600_000;
const at = (hours: number): string => new Date(now + hours * hour).toISOString();

function cluster(status: Cluster['status'], agentCertificateExpiresAt: string | null = null) {
  return { id: 'c', name: 'west', status, recoveries: 0, agentCertificateExpiresAt };
}

function member(status: Cluster['status'], dates?: { renew: number; end: number }): Member {
  return {
    cluster: cluster(status),
    signing: dates && {
      clusterId: 'c',
      issuerRootId: 'root',
      serial: '01',
      notBefore: at(dates.renew - 1440),
      notAfter: at(dates.end),
      renewAt: at(dates.renew),
    },
  };
}

describe('a signing certificate', () => {
  const fresh = { renew: 720, end: 1440 };
  const due = { renew: -1, end: 720 };
  const ended = { renew: -720, end: 0 };

  it.each<[Cluster['status'], { renew: number; end: number } | undefined, SigningState]>([
    ['PENDING', undefined, 'waiting'],
    ['CONNECTED', undefined, 'issuing'],
    ['OUT_OF_CONTACT', undefined, 'missing'],
    ['LOCKED', undefined, 'missing'],
    ['CONNECTED', fresh, 'valid'],
    // Its agent may be back long before it is due.
    ['OUT_OF_CONTACT', fresh, 'valid'],
    // Nothing is signed for these until somebody does something.
    ['LOCKED', fresh, 'stuck'],
    ['PENDING', fresh, 'stuck'],
    ['OUT_OF_CONTACT', due, 'expiring'],
    ['LOCKED', due, 'expiring'],
    ['CONNECTED', ended, 'expired'],
    ['LOCKED', ended, 'expired'],
  ])('of a cluster that is %s, with %o, is %s', (status, dates, state) => {
    expect(signingStateOf(member(status, dates), now)).toBe(state);
  });

  it('is being renewed for an hour, and overdue from then on', () => {
    const renewed = member('CONNECTED', { renew: 0, end: 720 });
    expect(signingStateOf(renewed, now - 1)).toBe('valid');
    expect(signingStateOf(renewed, now)).toBe('renewing');
    expect(signingStateOf(renewed, now + hour - 1)).toBe('renewing');
    expect(signingStateOf(renewed, now + hour)).toBe('overdue');
  });

  it('looks as bad as it is, the worst first', () => {
    const tones = signingStates.map(({ tone }) => tone);
    const worst = ['bad', 'warn', 'busy', 'idle', 'ok'] as const;
    expect(tones).toEqual(tones.toSorted((a, b) => worst.indexOf(a) - worst.indexOf(b)));
    for (const { state } of signingStates) expect(signingLook[state].state).toBe(state);
  });
});

describe("an agent's certificate", () => {
  it('is good for nothing while the cluster is locked', () => {
    expect(agentStateOf(cluster('LOCKED', at(12)), now)).toBe('locked');
  });

  it('is valid as long as it is renewed', () => {
    expect(agentStateOf(cluster('PENDING'), now)).toBe('none');
    expect(agentStateOf(cluster('CONNECTED', at(12)), now)).toBe('valid');
    expect(agentStateOf(cluster('OUT_OF_CONTACT', at(12)), now)).toBe('unrenewed');
  });

  it('lets its agent come back for a month after its end, and no longer', () => {
    const ended = cluster('OUT_OF_CONTACT', at(0));
    expect(agentStateOf(ended, now)).toBe('expired');
    expect(agentStateOf(ended, now + recoveryMs)).toBe('expired');
    expect(agentStateOf(ended, now + recoveryMs + 1)).toBe('lost');
    expect(agentLook.lost.tone).toBe('bad');
  });
});
