import { describe, expect, it } from 'vitest';
import { AddressRanges, addressFault, hostnameFault } from './addresses.js';

describe('addresses', () => {
  it.each(['10.0.0.1', '192.168.3.4', '203.0.113.9', 'fd00::1', '2001:db8::7'])(
    'of endpoints may be %s',
    (address) => expect(addressFault(address)).toBeUndefined(),
  );

  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::FFFF:169.254.169.254',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::ffff:10.0.0.1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '010.0.0.1',
    '127.1',
    '2130706433',
    'localhost',
    '10.0.0.1 ',
    '10.0.0.1\0',
    '',
  ])('of endpoints may not be %j', (address) => expect(addressFault(address)).toBeDefined());
});

describe('AddressRanges', () => {
  const ranges = new AddressRanges(['10.1.0.0/16', 'fd00:1::/32', '192.0.2.7']);

  it.each(['10.1.0.1', '10.1.255.255', 'fd00:1::9', '192.0.2.7'])('contain %s', (address) =>
    expect(ranges.contains(address)).toBe(true),
  );

  it.each(['10.2.0.1', 'fd00:2::9', '192.0.2.8', '::ffff:10.1.0.1', 'x'])(
    'do not contain %s',
    (address) => expect(ranges.contains(address)).toBe(false),
  );

  it('of one family say nothing of the other', () => {
    expect(new AddressRanges(['::/0']).contains('10.0.0.1')).toBe(false);
  });

  it.each(['', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', 'x/8', '10.0.0.0/', 'fe80::%1/64'])(
    'are not %j',
    (cidr) => expect(() => new AddressRanges([cidr])).toThrow('is no CIDR'),
  );
});

describe('host names', () => {
  it.each(['gw.example.com', 'a-1.elb.eu-west-1.amazonaws.com', 'gateway'])(
    'of gateways may be %s',
    (name) => expect(hostnameFault(name)).toBeUndefined(),
  );

  it.each([
    '',
    'GW.example.com',
    'gw.example.com.',
    '*.example.com',
    'gw..com',
    '-gw.com',
    'bücher.example',
    '127.1',
    '0x7f.1',
    '10.0.0.1',
    '2130706433',
    'localhost',
    'a.localhost',
    'gw.istio-system.svc',
    'gw.istio-system.svc.cluster.local',
    `${'a.'.repeat(130)}com`,
  ])('of gateways may not be %j', (name) => expect(hostnameFault(name)).toBeDefined());
});
