import { describe, expect, it } from 'vitest';
import { Destinations } from './destinations.js';

const outside = new Destinations([]);

describe('a URL', () => {
  it.each([
    'https://hooks.example.com/a?b=c',
    'https://93.184.215.14/',
    'https://[2606:4700::1111]:8443/',
  ])('is taken: %s', (url) => {
    expect(outside.parse(url).href).toBe(url);
  });

  it.each([
    'http://hooks.example.com/',
    'ftp://hooks.example.com/',
    'file:///etc/passwd',
    'hooks.example.com',
    '',
    `https://example.com/${'a'.repeat(2_000)}`,
    'https://user:secret@example.com/',
    'https://example.com/#fragment',
    'https://127.0.0.1/',
    // As some resolvers read it, and URLs do.
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[2002:a00:1::]/',
    'https://[fe80::1]/',
    'https://[fd00::1]/',
    'https://[ff02::1]/',
  ])('is refused: %s', (url) => {
    expect(() => outside.parse(url)).toThrow(
      expect.objectContaining({ code: 'WEBHOOK_URL_INVALID', field: 'url' }),
    );
  });

  it('may lead to a network that is allowed, without TLS too; and to no other one', () => {
    const inside = new Destinations(['10.0.0.0/8', 'fd00::/8']);
    for (const url of ['http://10.1.2.3:8080/', 'https://[fd00::1]/', 'http://name.internal/'])
      expect(inside.parse(url).href).toBe(url);
    for (const url of ['http://192.168.0.1/', 'http://93.184.215.14/', 'https://127.0.0.1/'])
      expect(() => inside.parse(url)).toThrow('not a public address');
  });

  it('needs networks that are some', () => {
    expect(() => new Destinations(['10.0.0.0'])).toThrow('is no CIDR');
  });
});

describe('a name', () => {
  const addressOf = (destinations: Destinations, url: string, all: boolean) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const { hostname } = new URL(url);
    destinations.lookupFor(new URL(url))(hostname, { all }, (error, address) =>
      resolve(error ?? address),
    );
    return promise;
  };

  it.each([true, false])('leads nowhere inside, whatever it resolves to', async (all) => {
    expect(await addressOf(outside, 'https://localhost/', all)).toMatchObject({
      message: expect.stringMatching(/is not a public address/),
    });
    const inside = new Destinations(['127.0.0.0/8', '::1/128']);
    const found = await addressOf(inside, 'http://localhost/', all);
    expect(JSON.stringify(found)).toMatch(/127\.0\.0\.1|::1/);
  });
});
