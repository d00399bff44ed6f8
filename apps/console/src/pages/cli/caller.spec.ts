import { describe, expect, it } from 'vitest';
import { callerOf } from './caller.js';

const state = 'c3RhdGUtb2YtMjQtYnl0ZXM';
const of = (query: Record<string, string>) => callerOf(new URLSearchParams(query));

describe('callerOf', () => {
  it('reads what a command line says of itself', () => {
    expect(of({ port: '40123', state, host: 'laptop' })).toEqual({
      port: 40123,
      state,
      host: 'laptop',
    });
  });

  it('takes no port but one of a program, and no state that could be guessed', () => {
    for (const port of ['', '80', '0', '65536', '4000.5', '1e9', 'evil.example']) {
      expect(of({ port, state }), port).toBeUndefined();
    }
    for (const bad of ['', 'short', `${state}"><script>`]) {
      expect(of({ port: '40123', state: bad }), bad).toBeUndefined();
    }
  });

  it('lets a name say nothing but a name', () => {
    const host = (text: string) => of({ port: '40123', state, host: text })?.host;
    expect(host('<b>Bank</b>\n')).toBe('bBankb');
    expect(host('')).toBe('this machine');
    expect(host('x'.repeat(500))).toHaveLength(60);
  });
});
