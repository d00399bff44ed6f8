import { mkdtempSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';

const least = { ISTHMUS_HUB_ADDRESS: 'hub.example.com:8443' };

describe('configuration', () => {
  it('has a default for all but the hub', () => {
    expect(loadConfig({ ...least, ISTHMUS_KUBECONFIG: '' })).toEqual({
      hubAddress: 'hub.example.com:8443',
      joinToken: undefined,
      hubCa: undefined,
      dataDir: '/var/lib/isthmus-agent',
      namespace: 'isthmus-system',
      istioNamespace: 'istio-system',
      istioTokenFile: undefined,
      podName: hostname(),
      kubeconfig: undefined,
      helm: 'helm',
      managesIstio: false,
      selfUpgrade: undefined,
      healthPort: 8080,
      reconnectMs: { min: 500, max: 30_000 },
      logLevel: 'info',
    });
  });

  it('lets the agent change its own image only where it is told which', () => {
    const own = {
      ISTHMUS_DEPLOYMENT: 'isthmus-agent',
      ISTHMUS_IMAGE_REPOSITORY: 'r.example/agent',
    };
    expect(loadConfig({ ...least, ...own }).selfUpgrade).toEqual({
      deployment: 'isthmus-agent',
      repository: 'r.example/agent',
    });
  });

  it('reads token and authorities from files; a token that is gone is none', () => {
    const dir = mkdtempSync(join(tmpdir(), 'isthmus-config-'));
    writeFileSync(join(dir, 'token'), 'secret\n');
    writeFileSync(join(dir, 'ca'), '-----BEGIN CERTIFICATE-----\n');
    const config = loadConfig({
      ...least,
      ISTHMUS_JOIN_TOKEN_FILE: join(dir, 'token'),
      ISTHMUS_HUB_CA_FILE: join(dir, 'ca'),
    });
    expect(config).toMatchObject({ joinToken: 'secret', hubCa: '-----BEGIN CERTIFICATE-----' });
    expect(
      loadConfig({ ...least, ISTHMUS_JOIN_TOKEN_FILE: join(dir, 'gone') }).joinToken,
    ).toBeUndefined();
  });

  it.each([
    [{}, 'ISTHMUS_HUB_ADDRESS: is missing'],
    [{ ISTHMUS_HUB_ADDRESS: 'hub' }, 'ISTHMUS_HUB_ADDRESS: must be host:port'],
    [
      { ...least, ISTHMUS_HEALTH_PORT: '99999', ISTHMUS_LOG_LEVEL: 'loud' },
      /HEALTH_PORT.*LOG_LEVEL/,
    ],
    [
      { ...least, ISTHMUS_RECONNECT_MIN_MS: '9', ISTHMUS_RECONNECT_MAX_MS: '8' },
      'must not be above',
    ],
    [{ ...least, ISTHMUS_DEPLOYMENT: 'isthmus-agent' }, 'one needs the other'],
    [{ ...least, ISTHMUS_HUB_CA: 'nonsense' }, 'ISTHMUS_HUB_CA: holds no PEM certificate'],
    [{ ...least, ISTHMUS_HUB_CA_FILE: '/nowhere' }, 'ISTHMUS_HUB_CA_FILE: ENOENT'],
  ])('refuses %j', (env, message) => {
    expect(() => loadConfig(env)).toThrow(message);
  });
});
