import { describe, expect, it } from 'vitest';
import { safeNext } from './next.js';

const origin = 'https://console.example';
const next = (to: string | null): string => safeNext(to, origin);

describe('safeNext', () => {
  it('leads on to where somebody was going', () => {
    expect(next('/meshes/mesh_1/services?q=shop&sort=-name')).toBe(
      '/meshes/mesh_1/services?q=shop&sort=-name',
    );
    expect(next(null)).toBe('/');
    expect(next('')).toBe('/');
  });

  it.each([
    'https://evil.example',
    'https://console.example.evil.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '//user@evil.example/x',
    // No addresses at all.
    '//',
    '/\\',
    '//:80',
  ])('does not follow %j', (to) => {
    expect(next(to)).toBe('/');
  });

  it.each(['/.//evil.example', '/..//evil.example', '/x/..//evil.example'])(
    'has no second slash at the beginning of %j',
    (to) => {
      expect(next(to)).toBe('/evil.example');
    },
  );
});
