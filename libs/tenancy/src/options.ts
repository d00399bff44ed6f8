import type { BucketLimits } from './token-buckets.js';

/** Token of TenancyOptions. */
export const TENANCY_OPTIONS = Symbol('TenancyOptions');

export interface TenancyOptions {
  /** At least 32 bytes, the same in every copy of the service. */
  readonly secret: string;
  /** Where people reach the API, such as `https://api.example.com`. */
  readonly publicUrl: string;
  /** How often passwords may be tried. */
  readonly attempts?: Attempts;
}

/** An address is a whole IPv4 address, or the /64 of an IPv6 one. */
export interface Attempts {
  readonly perAddress: BucketLimits;
  /** From one address, of one e-mail address. */
  readonly perAddressAndMail: BucketLimits;
  /** Of one e-mail address, from all addresses but those where it was signed in from. */
  readonly perMail: BucketLimits;
}

/**
 * From one address 100 tries in 15 minutes, 10 of them of one mail; of one mail 100 in an
 * hour. One address alone comes to 40 of one mail in an hour, and does not use that up.
 */
export const defaultAttempts: Attempts = {
  perAddress: { capacity: 100, perSecond: 100 / 900 },
  perAddressAndMail: { capacity: 10, perSecond: 10 / 900 },
  perMail: { capacity: 100, perSecond: 100 / 3600 },
};
