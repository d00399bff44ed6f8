import { describe, expect, it } from 'vitest';
import {
  agentFaults,
  agentForm,
  agentInput,
  agentRefusal,
  chartsFaults,
  chartsForm,
  chartsInput,
  daysInWords,
  freezeFaults,
  freezeForm,
  freezeInput,
  isoOf,
  localOf,
  newFreeze,
  newWindow,
  type Window,
  windowFaults,
  windowForm,
  windowInput,
} from './settings-forms.js';

describe('a window', () => {
  const window: Window = {
    ...{ name: 'nights', clusterSelector: null, days: ['SUNDAY', 'MONDAY'], opens: '22:00' },
    ...{ minutes: 240, timeZone: 'Europe/Zurich' },
  };

  it('is typed and sent, its days in their order', () => {
    const { clusterSelector, ...rest } = window;
    expect(windowInput(windowForm(window))).toEqual({ ...rest, days: ['MONDAY', 'SUNDAY'] });
    expect(daysInWords(window.days)).toBe('Mon, Sun');
    const all = windowForm({ ...window, clusterSelector: ' env=prod ' });
    expect(windowInput(all).clusterSelector).toBe('env=prod');
  });

  it('says what is wrong with it', () => {
    expect(windowFaults([windowForm(window)])).toEqual({});
    const twin = { ...windowForm(window), opens: '24:00', minutes: '10081' };
    expect(Object.keys(windowFaults([windowForm(window), twin]))).toEqual([
      ...['1.name', '1.opens', '1.minutes'],
    ]);
    expect(Object.keys(windowFaults([newWindow('UTC')]))).toEqual(['0.name', '0.days']);
  });
});

describe('a freeze', () => {
  it('is typed in the time zone of the browser, and sent as a time', () => {
    const freeze = {
      ...{ name: 'holidays', clusterSelector: 'env=prod' },
      ...{ from: '2026-12-20T00:00:00.000Z', until: '2027-01-05T12:30:00.000Z' },
    };
    expect(freezeInput(freezeForm(freeze))).toEqual(freeze);
    expect(localOf(freeze.from)).toMatch(/^2026-12-(19|20|21)T\d\d:\d\d$/);
    expect(isoOf('soon')).toBeUndefined();
  });

  it('ends after it begins', () => {
    const form = { ...newFreeze(Date.now()), name: 'a' };
    expect(freezeFaults([form])).toEqual({});
    expect(freezeFaults([{ ...form, until: form.from }])).toEqual({ '0.until': 'After it begins' });
    expect(Object.keys(freezeFaults([{ ...form, name: '', from: '' }]))).toEqual([
      ...['0.name', '0.from'],
    ]);
  });
});

describe('charts', () => {
  const charts = {
    repository: 'oci://charts.example.com/istio',
    digests: [{ chart: 'istiod', version: '1.30.4', sha256: 'A'.repeat(64) }],
    values: '{"pilot":{"replicaCount":2}}',
  };

  it('are typed with room, and sent', () => {
    const form = chartsForm(charts);
    expect(form.values).toContain('\n');
    expect(chartsFaults(form)).toEqual({});
    const input = chartsInput(form);
    expect(JSON.parse(input.values ?? '')).toEqual({ pilot: { replicaCount: 2 } });
    expect(input.digests?.[0]?.sha256).toBe('a'.repeat(64));
    expect(chartsInput(chartsForm({ ...charts, values: '{}' })).values).toBe('{}');
  });

  it('say what is wrong with them', () => {
    const form = {
      ...{ repository: 'http://charts.example.com', values: '[]' },
      digests: [{ chart: 'istiod', version: 'newest', sha256: 'abc' }],
    };
    expect(Object.keys(chartsFaults(form))).toEqual([
      ...['repository', 'digests.0.version', 'digests.0.sha256', 'values'],
    ]);
    expect(chartsFaults({ ...charts, values: '{' }).values).toBeTruthy();
  });
});

describe('a version of the agents', () => {
  const digest = `sha256:${'a'.repeat(64)}`;

  it('is typed and sent, with a digest or without', () => {
    expect(agentForm(null)).toEqual({ version: '', digest: '' });
    expect(agentInput(agentForm({ version: '0.2.0', digest: null }))).toEqual({ version: '0.2.0' });
    const form = { version: ' 0.2.0 ', digest: ` ${digest.toUpperCase()}` };
    expect(agentFaults(form)).toEqual({});
    expect(agentInput(form)).toEqual({ version: '0.2.0', digest });
  });

  it('says what is wrong with it', () => {
    const form = { version: 'latest', digest: 'a'.repeat(64) };
    expect(Object.keys(agentFaults(form))).toEqual(['version', 'digest']);
    expect(Object.keys(agentFaults(agentForm(null)))).toEqual(['version']);
  });

  it('is refused at the field that the API names', () => {
    const refused = {
      code: 'UPGRADE_SETTINGS_INVALID',
      message: 'agent.digest must be lower-case',
    };
    expect(agentRefusal(refused)).toEqual({
      digest: 'agent.digest must be lower-case (UPGRADE_SETTINGS_INVALID)',
    });
    expect(agentRefusal({ code: 'UNREACHABLE', message: 'The API gave no answer.' })).toEqual({});
  });
});
