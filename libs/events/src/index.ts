/** What happened in meshes, and the webhooks that tell of it. */
export { type Turn, WebhookDeliverer } from './deliverer.js';
export { type DeliveryState, type DeliveryView, deliveryStates } from './deliveries.js';
export { type EventType, eventFamilies, eventTypes } from './event-types.js';
export { EventService, type EventView } from './events.js';
export { EventsModule } from './events.module.js';
export { EventObserver } from './observer.js';
export { WebhookService, type WebhookView } from './webhooks.js';
