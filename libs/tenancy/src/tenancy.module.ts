import { type DynamicModule, Module } from '@nestjs/common';
import { AccountService } from './accounts.js';
import { ApiTokenService } from './api-tokens.js';
import { Authenticator } from './authenticator.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import { Identity } from './identity.js';
import { TENANCY_OPTIONS, type TenancyOptions } from './options.js';
import { OrganizationService } from './organizations.js';

/** Organizations, members, sessions and API tokens. Needs the PlatformModule. */
@Module({})
export class TenancyModule {
  static forRoot(options: TenancyOptions): DynamicModule {
    const services = [
      AccountService,
      ApiTokenService,
      Authenticator,
      IdempotencyKeys,
      OrganizationService,
    ];
    return {
      module: TenancyModule,
      providers: [{ provide: TENANCY_OPTIONS, useValue: options }, Identity, ...services],
      exports: services,
    };
  }
}
