import { type DynamicModule, Module } from '@nestjs/common';
import { WebhookDeliverer } from './deliverer.js';
import { Destinations } from './destinations.js';
import { EventService } from './events.js';
import { EventObserver } from './observer.js';
import { WebhookService } from './webhooks.js';

const services = [EventService, WebhookService];
const workers = [EventObserver, WebhookDeliverer];

/** Needs the PlatformModule. */
@Module({})
export class EventsModule {
  /** @param cidrs private networks that webhooks may reach, besides public addresses. */
  static forRoot(cidrs: readonly string[]): DynamicModule {
    const destinations = { provide: Destinations, useValue: new Destinations(cidrs) };
    return {
      module: EventsModule,
      providers: [destinations, ...services, ...workers],
      exports: [...services, ...workers],
    };
  }
}
