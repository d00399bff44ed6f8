import { describe, expect, it } from 'vitest';
import { agentWord, hasTold } from './agent-status.js';

describe('the agent of a cluster', () => {
  const version = '0.1.0';

  it('is as wanted, or as it was installed where nothing is wanted', () => {
    expect(agentWord({ version, state: 'CURRENT', wanted: version })).toBe('As wanted');
    expect(agentWord({ version, state: 'CURRENT', wanted: null })).toBe('As installed');
  });

  it('is not to be upgraded by hand before it has come', () => {
    const manual = { state: 'MANUAL', wanted: '0.2.0' } as const;
    expect(agentWord({ ...manual, version })).toBe('To upgrade by hand');
    expect(agentWord({ ...manual, version: null })).toBe('Not told');
  });

  it('has failed though it tells nothing any more', () => {
    const failed = { version: null, state: 'FAILED', wanted: '0.2.0' } as const;
    expect([hasTold(failed), agentWord(failed)]).toEqual([true, 'Failed']);
  });
});
