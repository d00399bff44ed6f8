import { describe, expect, it } from 'vitest';
import { maskObject, maskText } from './masking.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const pem = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIKbq\nx9ZQ==\n-----END EC PRIVATE KEY-----';
const token = `isthmus_join_${'0a'.repeat(16)}_EF9k0kbr2voB8yWFpGV-jzfe_yGKEEGNyYk1trzRTos`;

describe('maskText', () => {
  it.for([
    ['a key', pem, 'MHcCAQEE'],
    ['a key whose line breaks are written out', JSON.stringify(pem), 'MHcCAQEE'],
    ['a key that is cut off', pem.slice(0, 50), 'MHcCAQ'],
    ['a certificate in base64', `ca: ${base64('-----BEGIN CERTIFICATE-----\nMIIB')}`, 'LS0tLS1'],
    ['a token of ours', `--set-string joinToken=${token} --wait`, 'EF9k0kbr'],
    ['a token of ours in base64', base64(token), base64(token).slice(20, 40)],
    [
      'the token of a ServiceAccount',
      'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl',
      'c2lnbm',
    ],
    ['a header', 'authorization: Bearer abcdef0123456789', 'abcdef01'],
    ['a password in an address', 'postgres://app:hunter22@db/app', 'hunter22'],
  ] as const)('has none of %s', ([, text, secret]) => {
    expect(text).toContain(secret);
    expect(maskText(text)).not.toContain(secret);
  });

  it('leaves what is around it, and what is none', () => {
    expect(maskText(`a ${token} b`)).toBe(`a isthmus_join_${'0a'.repeat(16)}_*** b`);
    expect(maskText(`x\n${pem}\ny`)).toBe('x\nEC PRIVATE KEY ***\ny');
    const log = '{"level":30,"msg":"connected","hub":"hub.example.com:443","cluster":"cluster_01"}';
    expect(maskText(log)).toBe(log);
  });
});

describe('maskObject', () => {
  it('has of a Secret what is in it and how long, and nothing of it', () => {
    const secret = {
      kind: 'Secret',
      metadata: {
        name: 'cacerts',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"key":"c2VjcmV0"}}',
          'isthmus.dev/intent': 'SigningCertificate',
        },
      },
      data: { 'ca-key.pem': 'c2VjcmV0' },
      stringData: { plain: 'secret' },
    };
    expect(maskObject({ kind: 'List', items: [secret] })).toEqual({
      kind: 'List',
      items: [
        {
          kind: 'Secret',
          metadata: {
            name: 'cacerts',
            annotations: {
              'kubectl.kubernetes.io/last-applied-configuration': '*** (27 characters)',
              'isthmus.dev/intent': 'SigningCertificate',
            },
          },
          data: { 'ca-key.pem': '*** (8 characters)' },
          stringData: { plain: '*** (6 characters)' },
        },
      ],
    });
  });

  it('has no value of a variable whose name says that it is secret, and where it is from', () => {
    expect(
      maskObject([
        { name: 'DATABASE_PASSWORD', value: 'hunter22' },
        { name: 'LOG_LEVEL', value: 'info' },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'join-token', key: 'token' } } },
        { secretName: 'join-token', clientSecret: 'abc' },
      ]),
    ).toEqual([
      { name: 'DATABASE_PASSWORD', value: '*** (8 characters)' },
      { name: 'LOG_LEVEL', value: 'info' },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'join-token', key: 'token' } } },
      { secretName: 'join-token', clientSecret: '*** (3 characters)' },
    ]);
  });

  it.for([
    ['a hash that can be guessed from', { PASSWORD_HASH: 'x-secret-x' }],
    ['what only ends like a reference', { name: 'CREDENTIAL_FORMAT', value: 'x-secret-x' }],
    ['the key of keys', { name: 'ISTHMUS_KEK', value: 'x-secret-x' }],
    ['a list', { credentials: ['ada:x-secret-x'] }],
    ['a list in a list', { tokens: [['x-secret-x']] }],
    ['what is below', { basic_auth_rules: [{ credentials: [{ ada: { key: 'x-secret-x' } }] }] }],
    ['what is named below', { credentials: [{ name: 'home_path', value: 'x-secret-x' }] }],
    ['notes to it', { secrets: { annotations: { note: 'x-secret-x' } } }],
  ] as const)('has none of %s', ([, value]) => {
    expect(JSON.stringify(maskObject(value))).not.toContain('x-secret-x');
  });

  it('leaves references', () => {
    const references = [
      { imagePullSecrets: [{ name: 'pull' }], automountServiceAccountToken: true },
      { secret: { secretName: 'ca', optional: true }, tokenFile: '/var/run/token' },
      { credentialName: 'tls', tokenExpiresAt: '2026-12-01', secretRef: { name: 'ca', key: 'k' } },
    ];
    expect(maskObject(references)).toEqual(references);
  });
});
