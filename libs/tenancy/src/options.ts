import type { BucketLimits } from './token-buckets.js';

/** Token of TenancyOptions. */
export const TENANCY_OPTIONS = Symbol('TenancyOptions');

export interface TenancyOptions {
  /** At least 32 bytes, the same in every copy of the service. */
  readonly secret: string;
  /** Where people reach the API, such as `https://api.example.com`. */
  readonly publicUrl: string;
  /** How often one address may try one e-mail address, and how often it may try at all. */
  readonly attempts?: { readonly perMail: BucketLimits; readonly perAddress: BucketLimits };
}

/** 10 tries of one mail in 15 minutes, 100 of any, from one address. */
export const defaultAttempts = {
  perMail: { capacity: 10, perSecond: 10 / 900 },
  perAddress: { capacity: 100, perSecond: 100 / 900 },
};
