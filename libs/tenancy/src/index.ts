/** Who may do what: organizations, members, sessions, API tokens, permissions. */
export { AccountService } from './accounts.js';
export { type ApiToken, ApiTokenService } from './api-tokens.js';
export {
  Authenticator,
  type CredentialHeaders,
  type Principal,
  sessionCookie,
} from './authenticator.js';
export { type Claim, IdempotencyKeys, idempotencyKeyLifeMs } from './idempotency-keys.js';
export { type Person, type Session, sessionSeconds } from './identity.js';
export { networkOf } from './networks.js';
export type { TenancyOptions } from './options.js';
export {
  type Member,
  type Membership,
  type Organization,
  OrganizationService,
} from './organizations.js';
export {
  type Actor,
  authorize,
  isAllowed,
  type Permission,
  permissions,
  type Role,
  roles,
} from './permissions.js';
export { TenancyModule } from './tenancy.module.js';
export { type BucketLimits, TokenBuckets } from './token-buckets.js';
