import { isIP } from 'node:net';

/**
 * What of an IP address one customer of a provider has: the whole of an IPv4 address, also one
 * in IPv6's clothes, and the /64 of an IPv6 address, of which everybody has 2^64. Anything else
 * is itself.
 */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%'); // fe80::1%eth0
  if (isIP(plain) !== 6) return plain;
  // A URL writes each address in one way, whatever way it came in.
  const [head = '', tail] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split('::');
  const [left, right] = [groupsOf(head), groupsOf(tail ?? '')];
  const groups = [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') {
    return groups.slice(6).flatMap(bytesOf).join('.');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

function bytesOf(group: string): number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 255];
}
