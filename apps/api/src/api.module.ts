import { EventsModule } from '@isthmus/events';
import { FederationModule } from '@isthmus/federation';
import { FleetModule } from '@isthmus/fleet';
import { ApiMetrics, LOGGER, PlatformModule } from '@isthmus/platform';
import { ReachabilityModule } from '@isthmus/reachability';
import { ReleasesModule } from '@isthmus/releases';
import { IdempotencyKeys, TenancyModule } from '@isthmus/tenancy';
import { TrustModule } from '@isthmus/trust';
import { UpgradesModule } from '@isthmus/upgrades';
import { ApolloDriver } from '@nestjs/apollo';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { API_CONFIG, type ApiConfig } from './config.js';
import { graphqlOptions } from './graphql.options.js';
import { HealthController } from './health.controller.js';
import { Admission } from './requests/admission.js';
import { ExceptionsFilter } from './requests/exceptions.filter.js';
import { LoadersFactory } from './requests/loaders.js';
import { RequestContexts } from './requests/request-context.js';
import { resolvers } from './resolvers.js';
import { MeshFeed } from './subscriptions/mesh-feed.js';
import {
  SUBSCRIPTION_LIMITS,
  type SubscriptionLimits,
  SubscriptionServer,
  subscriptionLimits,
} from './subscriptions/subscription-server.js';

/** What a spec may set otherwise. */
export interface ApiOptions {
  readonly subscriptions?: Partial<SubscriptionLimits>;
}

@Module({})
export class ApiModule {
  static forRoot(config: ApiConfig, options: ApiOptions = {}): DynamicModule {
    const domains = [
      TenancyModule.forRoot({
        secret: config.ISTHMUS_SESSION_SECRET,
        publicUrl: config.ISTHMUS_PUBLIC_URL,
      }),
      FleetModule,
      TrustModule,
      ReleasesModule,
      FederationModule,
      ReachabilityModule,
      UpgradesModule.forRoot(config.ISTHMUS_ISTIO_VERSIONS),
      EventsModule.forRoot(config.ISTHMUS_WEBHOOK_CIDRS),
    ];
    const requests: DynamicModule = {
      module: RequestsModule,
      imports: domains,
      providers: [
        { provide: API_CONFIG, useValue: config },
        { provide: Admission, useValue: new Admission(config.ISTHMUS_COST_PER_SECOND) },
        LoadersFactory,
        RequestContexts,
      ],
      exports: [API_CONFIG, Admission, RequestContexts, TenancyModule],
    };
    return {
      module: ApiModule,
      imports: [
        PlatformModule.forRoot('api', config),
        ...domains,
        requests,
        GraphQLModule.forRootAsync({
          driver: ApolloDriver,
          imports: [requests],
          inject: [API_CONFIG, RequestContexts, Admission, IdempotencyKeys, LOGGER, ApiMetrics],
          useFactory: graphqlOptions,
        }),
      ],
      controllers: [HealthController],
      providers: [
        { provide: APP_FILTER, useClass: ExceptionsFilter },
        {
          provide: SUBSCRIPTION_LIMITS,
          useValue: { ...subscriptionLimits, ...options.subscriptions },
        },
        MeshFeed,
        SubscriptionServer,
        ...resolvers,
      ],
    };
  }
}

/** What GraphQL is served with. */
@Module({})
class RequestsModule {}
