/** Why a caller cannot reach a service, and who reaches which: read from facts, never tried. */
export type { Action } from './authorization.js';
export type { Reachability, RouteView } from './explain.js';
export type { MutualTlsMode } from './mutual-tls.js';
export type { Question } from './question.js';
export { ReachabilityModule } from './reachability.module.js';
export { ReachabilityService, type Topology } from './reachability.service.js';
export { type Link, type LinkState, links, type Step } from './steps.js';
export type {
  TopologyExporter,
  TopologyImporter,
  TopologyPolicy,
  TopologyService,
} from './topology.js';
