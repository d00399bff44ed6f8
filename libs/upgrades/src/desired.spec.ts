import { describe, expect, it } from 'vitest';
import { desiredIstio } from './desired.js';
import type { ClusterStage, Hop, IstioSnapshot } from './model.js';

const named: Hop = {
  from: { version: '1.30.2', revision: '1-30-2' },
  to: { version: '1.31.1', revision: '1-31-1' },
};
const unnamed: Hop = { ...named, from: { version: '1.30.2', revision: 'default' } };

const before: IstioSnapshot = {
  tags: [
    { name: 'default', revision: '1-30-2' },
    { name: 'edge', revision: '1-29-0' },
    { name: 'prod', revision: '1-30-2' },
  ],
  namespaces: [
    { name: 'direct', follows: '1-30-2', hasGateways: false },
    { name: 'injected', follows: 'injection', hasGateways: false },
    { name: 'other', follows: 'edge', hasGateways: false },
    { name: 'tagged', follows: 'prod', hasGateways: true },
  ],
};

function following(stage: ClusterStage, hop = named, of = before, more: object = {}) {
  const { tags, namespaces } = desiredIstio(stage, {
    hop,
    before: of,
    policy: { canaryNamespaces: ['injected'], maxRestarting: 2 },
    charts: { repository: '/charts', digests: { 'istiod-1.31.1': 'a'.repeat(64) }, values: {} },
    ...more,
  });
  return {
    tags: tags.map(({ name, revision }) => `${name}=${revision}`).join(' '),
    namespaces: namespaces
      .map(({ name, follows, moveWorkloads, moveGateways }) => {
        const moves = `${moveWorkloads ? ' workloads' : ''}${moveGateways ? ' gateways' : ''}`;
        return `${name}=${follows}${moves}`;
      })
      .join(', '),
  };
}

describe('what a cluster is to have', () => {
  it('leaves what follows another revision alone', () => {
    for (const stage of ['CANARY', 'WORKLOADS', 'GATEWAYS', 'DEFAULT_TAG', 'DONE'] as const) {
      const { tags, namespaces } = following(stage);
      expect(`${tags} ${namespaces}`).not.toMatch(/other|edge/);
    }
  });

  it('has canary namespaces go first by the revision itself, since they share their tag', () => {
    expect(following('CANARY')).toEqual({ tags: '', namespaces: 'injected=1-31-1 workloads' });
  });

  it('moves tags with the workloads, and what follows the default tag ahead of it', () => {
    expect(following('WORKLOADS')).toEqual({
      tags: 'default=1-30-2 prod=1-31-1',
      namespaces: 'direct=1-31-1 workloads, injected=1-31-1 workloads, tagged=prod workloads',
    });
  });

  it('moves gateways in a stage of their own', () => {
    expect(following('GATEWAYS').namespaces).toBe(
      'direct=1-31-1 workloads gateways, injected=1-31-1 workloads gateways, tagged=prod workloads gateways',
    );
  });

  it('moves the default tag last, and gives namespaces their labels back', () => {
    expect(following('DEFAULT_TAG')).toEqual({
      tags: 'default=1-31-1 prod=1-31-1',
      namespaces:
        'direct=1-31-1 workloads gateways, injected=injection workloads gateways, tagged=prod workloads gateways',
    });
  });

  it('gives injection a default tag where an istiod without a revision did without one', () => {
    const bare: IstioSnapshot = {
      tags: [],
      namespaces: [{ name: 'injected', follows: 'injection', hasGateways: false }],
    };
    expect(following('WORKLOADS', unnamed, bare)).toEqual({
      tags: '',
      namespaces: 'injected=1-31-1 workloads',
    });
    expect(following('DEFAULT_TAG', unnamed, bare).tags).toBe('default=1-31-1');
    expect(following('ROLLING_BACK', unnamed, bare).tags).toBe('default=default');
  });

  it('leads back to what was before', () => {
    expect(following('ROLLING_BACK')).toEqual({
      tags: 'default=1-30-2 prod=1-30-2',
      namespaces:
        'direct=1-30-2 workloads gateways, injected=injection workloads gateways, tagged=prod workloads gateways',
    });
  });

  it('moves nothing while it is held', () => {
    expect(following('GATEWAYS', named, before, { held: true }).namespaces).toBe(
      'direct=1-31-1, injected=1-31-1, tagged=prod',
    );
  });

  it('installs the new revision beside the old one, and removes one of them at the end', () => {
    const wanted = (stage: ClusterStage, hop = named): string =>
      desiredIstio(stage, {
        hop,
        before,
        policy: { canaryNamespaces: [], maxRestarting: 1 },
        charts: { repository: '/charts', digests: {}, values: {} },
      })
        .revisions.map(({ name, wanted: how, valuesFrom }) => `${name} ${how} ${valuesFrom}`.trim())
        .join(', ');
    expect(wanted('PREFLIGHT')).toBe('1-30-2 keep 1-31-1');
    expect(wanted('INSTALLING')).toBe('1-30-2 keep 1-31-1, 1-31-1 install 1-30-2');
    expect(wanted('REMOVING')).toBe('1-30-2 remove 1-31-1, 1-31-1 install 1-30-2');
    expect(wanted('ROLLING_BACK')).toBe('1-30-2 keep 1-31-1');
    expect(wanted('CLEANING_UP')).toBe('1-30-2 keep 1-31-1, 1-31-1 remove 1-30-2');
    expect(wanted('INSTALLING', { from: null, to: named.to })).toBe('1-31-1 install');
  });
});
