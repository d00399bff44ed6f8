/** The whole platform on one machine. */
export { eventually } from './eventually.js';
export { ApiClient, ApiError } from './graphql.js';
export { type IstioStandIn, startIstioStandIn } from './istio-stand-in.js';
export {
  type KubeletOptions,
  type KubeletStandIn,
  startKubeletStandIn,
} from './kubelet-stand-in.js';
export { Link } from './link.js';
export { type Owner, signUp } from './owner.js';
export { type LocalPlatform, type PlatformOptions, startPlatform } from './platform.js';
export { measurePropagation, type Spread, spreadOf } from './propagation.js';
export type { StandInImage } from './running-pod.js';
export { Service, type ServiceOptions } from './service.js';
export {
  applyObjects,
  deploy,
  ensureNamespace,
  exportService,
  installGateway,
  scale,
  type Workload,
} from './workloads.js';
export {
  type Candidate,
  type Member,
  type MemberOptions,
  startWorld,
  type World,
} from './world.js';
