import { describe, expect, it } from 'vitest';
import { asVersion, byVersion, versionOfImage } from './version.js';

describe('version of an image', () => {
  it.each([
    ['docker.io/istio/proxyv2:1.30.2', '1.30.2'],
    ['istio/proxyv2:1.30.2-distroless', '1.30.2'],
    ['istio/proxyv2:1.30.2-debug', '1.30.2'],
    ['registry.example.com:5000/istio/pilot:1.31.0-rc.1-distroless', '1.31.0-rc.1'],
    ['registry.example.com:5000/istio/pilot:1.30.2@sha256:00ff', '1.30.2'],
    ['istio/pilot:v1.30.2', '1.30.2'],
    ['registry.example.com:5000/istio/pilot@sha256:00ff', ''],
    ['registry.example.com:1.30/istio/pilot', ''],
    ['istio/pilot:latest', ''],
    ['istio/pilot', ''],
    [undefined, ''],
  ])('of %s is "%s"', (image, version) => {
    expect(versionOfImage(image)).toBe(version);
  });
});

it('takes no text for a version that is none', () => {
  expect(asVersion('1.30.2')).toBe('1.30.2');
  expect(asVersion('master')).toBe('');
  expect(asVersion(undefined)).toBe('');
});

it('sorts versions, the oldest first', () => {
  const sorted = ['', '1.9.7', '1.30.2', '1.30.10', '1.31.0-alpha.2', '1.31.0-rc.1', '1.31.0'];
  expect([...sorted].reverse().sort(byVersion)).toEqual(sorted);
});
