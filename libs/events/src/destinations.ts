import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { IsthmusError } from '@isthmus/kernel';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const longestUrl = 2_000;
const resolveMs = 2_000;

/** Thrown by a connection that is not made: nothing that its name leads to may be reached. */
export class AddressForbidden extends Error {
  constructor(name: string) {
    super(`${name} leads to no public address`);
  }
}

/**
 * Where webhooks may go: public addresses, and networks that whoever hosts the plane allows. It is asked about
 * the very address that a connection goes to, so that no name can lead it elsewhere after it was asked.
 */
export class Destinations {
  private readonly allowed: readonly [Address, number][];
  // Not the system's: that has few threads, which slow name servers of somebody's would hold.
  private readonly resolver = new Resolver({ timeout: resolveMs, tries: 2 });

  /**
   * @param cidrs private networks that may be reached, too.
   * @param servers of names; those of the machine unless said.
   * @throws INVALID_CONFIGURATION
   */
  constructor(cidrs: readonly string[], servers?: readonly string[]) {
    if (servers) this.resolver.setServers(servers);
    this.allowed = cidrs.map((cidr) => {
      try {
        return ipaddr.parseCIDR(cidr);
      } catch {
        const message = `${cidr} is no CIDR, such as 10.0.0.0/8`;
        throw new IsthmusError('INVALID_CONFIGURATION', message);
      }
    });
  }

  /**
   * The URL as it is kept.
   *
   * @throws WEBHOOK_URL_INVALID for what is refused whatever its name leads to.
   */
  parse(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    // Without TLS, whatever is on the way reads along: within networks of one's own, that may be well.
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && this.isLocal);
    if (!url || !isSafe || text.length > longestUrl) {
      throw refused(`must be an https URL of at most ${longestUrl} characters`);
    }
    if (url.username !== '' || url.password !== '' || url.hash !== '') {
      throw refused('must hold no credentials and no fragment; deliveries are signed');
    }
    const literal = literalOf(url);
    if (literal !== undefined && !this.allows(literal, url.protocol)) {
      throw refused(`leads to ${literal}, which is not a public address`);
    }
    return url;
  }

  /** As `net.connect` looks names up, for connections of one URL. */
  lookupFor({ protocol }: URL): LookupFunction {
    return (name, { all = false }, done) => {
      void this.resolve(name).then((addresses) => {
        const allowed = addresses.filter(({ address }) => this.allows(address, protocol));
        const [first] = allowed;
        // Whether a name is known inside is nobody's business, either.
        if (!first) return done(new AddressForbidden(name), []);
        return all ? done(null, allowed) : done(null, first.address, first.family);
      });
    };
  }

  /** All that a name leads to; nothing, where it is not known. */
  private async resolve(name: string): Promise<LookupAddress[]> {
    const found = await Promise.allSettled([
      this.resolver.resolve4(name),
      this.resolver.resolve6(name),
    ]);
    return found.flatMap((answer, index) => {
      const family = index === 0 ? 4 : 6;
      return answer.status === 'fulfilled'
        ? answer.value.map((address) => ({ address, family }))
        : [];
    });
  }

  private get isLocal(): boolean {
    return this.allowed.length > 0;
  }

  private allows(text: string, protocol: string): boolean {
    // An IPv4 address in IPv6's clothes is what it is.
    const address = ipaddr.process(text);
    const isOurs = this.allowed.some(
      ([network, bits]) => network.kind() === address.kind() && matches(address, network, bits),
    );
    return isOurs || (protocol === 'https:' && isPublic(address));
  }
}

/** Of IPv6, what is given out to be reached (RFC 4291): the rest of its unicast is reserved. */
const global: [Address, number] = ipaddr.parseCIDR('2000::/3');

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || matches(address, ...global);
}

function matches(address: Address, network: Address, bits: number): boolean {
  return (address as ipaddr.IPv4).match(network as ipaddr.IPv4, bits);
}

function literalOf({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(bare) ? bare : undefined;
}

function refused(why: string): IsthmusError {
  return new IsthmusError('WEBHOOK_URL_INVALID', `url ${why}`, { field: 'url' });
}
