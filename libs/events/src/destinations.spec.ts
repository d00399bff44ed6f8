import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AddressForbidden, Destinations } from './destinations.js';

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
    'https://[::a9fe:a9fe]/',
    'https://[200::1]/',
    'https://[100:0:0:1::1]/',
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
  const server = createSocket('udp4');
  let nameServer = '';
  /** What each name leads to, question after question; its last answer stays. */
  const answers: Record<string, string[]> = {
    'hooks.example.com': ['93.184.215.14'],
    'inside.example.com': ['10.0.0.1'],
    'turns.example.com': ['93.184.215.14', '127.0.0.1'],
    'both.example.com': ['10.0.0.1 93.184.215.14'],
  };

  beforeAll(async () => {
    server.on('message', (question, from) => {
      const { name, end, type } = readQuestion(question);
      const known = type === 1 ? (answers[name] ?? []) : [];
      const addresses = ((known.length > 1 ? known.shift() : known[0]) ?? '').split(' ');
      const found = addresses.filter(Boolean).map((address) => address.split('.').map(Number));
      const header = Buffer.from(question.subarray(0, 12));
      // An answer, recursive; with what there is.
      header.writeUInt16BE(name in answers ? 0x8180 : 0x8183, 2);
      header.writeUInt16BE(found.length, 6);
      header.writeUInt32BE(0, 8);
      const ofName = Buffer.from('c00c00010001000000000004', 'hex');
      const records = found.flatMap((address) => [ofName, Buffer.from(address)]);
      server.send(
        Buffer.concat([header, question.subarray(12, end), ...records]),
        from.port,
        from.address,
      );
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    nameServer = `127.0.0.1:${server.address().port}`;
  });
  afterAll(() => server.close());

  function lookUp(cidrs: readonly string[], url: string, all = true): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const destinations = new Destinations(cidrs, [nameServer]);
    destinations.lookupFor(new URL(url))(new URL(url).hostname, { all }, (error, address) =>
      resolve(error ?? address),
    );
    return promise;
  }

  it('leads to public addresses', async () => {
    const found = { address: '93.184.215.14', family: 4 };
    expect(await lookUp([], 'https://hooks.example.com/')).toEqual([found]);
    expect(await lookUp([], 'https://hooks.example.com/', false)).toBe(found.address);
  });

  it('leads nowhere inside, unless it is allowed', async () => {
    expect(await lookUp([], 'https://inside.example.com/')).toBeInstanceOf(AddressForbidden);
    expect(await lookUp(['192.168.0.0/16'], 'http://inside.example.com/')).toBeInstanceOf(
      AddressForbidden,
    );
    const found = [{ address: '10.0.0.1', family: 4 }];
    expect(await lookUp(['10.0.0.0/8'], 'http://inside.example.com/')).toEqual(found);
  });

  it('leads to what is public of it', async () => {
    const found = [{ address: '93.184.215.14', family: 4 }];
    expect(await lookUp([], 'https://both.example.com/')).toEqual(found);
  });

  it('is asked at every connection, so that it leads nowhere else later', async () => {
    expect(await lookUp([], 'https://turns.example.com/')).toMatchObject([{ family: 4 }]);
    expect(await lookUp([], 'https://turns.example.com/')).toBeInstanceOf(AddressForbidden);
  });

  it('that nobody knows is as one that leads inside', async () => {
    const [gone, inside] = [
      await lookUp([], 'https://gone.example.com/'),
      await lookUp([], 'https://inside.example.com/'),
    ].map((error) => String(error).replace(/\w+\.example\.com/, ''));
    expect(gone).toBe(inside);
  });
});

/** Of a DNS message with one question. */
function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}
