import { BlockList, isIP } from 'node:net';
import { IsthmusError } from '@isthmus/kernel';

/**
 * Ranges of addresses. Each family has a list of its own: a BlockList takes IPv4 for its
 * IPv4-mapped form, so that one IPv6 range could swallow all of IPv4.
 */
export class AddressRanges {
  private readonly lists = { 4: new BlockList(), 6: new BlockList() };
  readonly size: number;

  /**
   * @param cidrs such as '10.0.0.0/8', 'fd00::/8' or a single address.
   * @throws CIDR_INVALID naming the one that is none.
   */
  constructor(cidrs: readonly string[]) {
    for (const cidr of cidrs) {
      const [network = '', length, ...rest] = cidr.split('/');
      const version = familyOf(network);
      const bits = version === 4 ? 32 : 128;
      const prefix = length ?? String(bits);
      const isRange = /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && rest.length === 0;
      if (!version || !isRange) {
        throw new IsthmusError(
          'CIDR_INVALID',
          `'${cidr.slice(0, 60)}' is no CIDR; write it as 10.0.0.0/8 or fd00::/8`,
        );
      }
      this.lists[version].addSubnet(network, Number(prefix), `ipv${version}`);
    }
    this.size = cidrs.length;
  }

  contains(address: string): boolean {
    const version = familyOf(address);
    return version !== undefined && this.lists[version].check(address, `ipv${version}`);
  }
}

function familyOf(address: string): 4 | 6 | undefined {
  const version = isIP(address);
  // isIP takes a zone (fe80::1%eth0), which means nothing on another machine.
  return (version === 4 || version === 6) && !address.includes('%') ? version : undefined;
}

/** What leads nowhere, or to the machine that asks: no cluster may claim it as its own. */
const unroutable = new AddressRanges([
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96', // unspecified, loopback and IPv4-compatible
  'fe80::/10',
  'ff00::/8',
]);
/** A second spelling of IPv4, by which an address could pass the list above unseen. */
const mapped = new AddressRanges(['::ffff:0:0/96']);

/** Why an address may not be an endpoint's or a gateway's; undefined if it may. */
export function addressFault(address: string): string | undefined {
  const shown = `'${address.slice(0, 60)}'`;
  if (!familyOf(address)) return `${shown} is no IP address`;
  if (mapped.contains(address)) return `${shown} is IPv4-mapped; write it as IPv4`;
  if (unroutable.contains(address)) {
    return `${shown} is loopback, link-local, multicast or unspecified`;
  }
  return undefined;
}

const dnsName =
  /^(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Names that every machine, or every cluster, resolves to something of its own. */
const localName = /(^|\.)(localhost|local|svc)$/;

/** Why a host name may not be a gateway's; undefined if it may. */
export function hostnameFault(name: string): string | undefined {
  const shown = `'${name.slice(0, 80)}'`;
  if (!dnsName.test(name)) return `${shown} is no DNS name in lower case without a trailing dot`;
  // '127.1' and '0x7f.1' are addresses to a resolver.
  if (/(^|\.)(\d+|0x[0-9a-f]*)$/.test(name)) return `${shown} is neither an address nor a name`;
  if (localName.test(name)) return `${shown} means another host in every cluster`;
  return undefined;
}
