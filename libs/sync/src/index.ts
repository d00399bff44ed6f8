/** Delta xDS in both roles: a pure core of sets, publishers and subscribers, and its gRPC edge. */
export {
  hubServerOptions,
  MutualTlsCredentials,
  mutualTlsCredentials,
  type ServerIdentity,
} from './grpc/credentials.js';
export {
  type Backoff,
  type ClientIdentity,
  type DialOptions,
  dialSync,
  type SyncConnection,
} from './grpc/dial.js';
export {
  type FactsStream,
  type IntentsStream,
  type ServeOptions,
  type SyncHandlers,
  type SyncPeer,
  type SyncServer,
  serveSync,
} from './grpc/serve.js';
export { type CallFailure, fromCallFailure, TryAgainLater, toCallFailure } from './grpc/status.js';
export { peerCertificate } from './grpc/transport.js';
export { defaultLimits, type Limits } from './limits.js';
export {
  defaultGuard,
  type Guard,
  Publisher,
  type PublisherSettings,
  type PublisherTransport,
  type Sent,
} from './publisher.js';
export type { Refusal } from './refusal.js';
export {
  type Changes,
  type NamedVersion,
  type PreparedResource,
  prepareResource,
  ResourceSet,
  type ResourceSetOptions,
  type SetResource,
  versionOf,
} from './resource-set.js';
export { type Scheduler, systemScheduler } from './scheduler.js';
export {
  type Outcome,
  Subscriber,
  type SubscriberSettings,
  type SubscriberTransport,
  type Update,
} from './subscriber.js';
