/** Meshes and clusters; join tokens and the identities of agents. */
export { AgentAuthority } from './authority.js';
export {
  type ClusterChange,
  type ClusterLabels,
  ClusterService,
  type ClusterStatus,
  type ClusterView,
  clusterLabels,
  databaseNow,
  findCluster,
  type IssuedJoinToken,
  statusOf,
} from './clusters.js';
export {
  type AgentIdentity,
  type AgentRemarks,
  EnrolmentService,
  type IssuedIdentity,
} from './enrolment.js';
export { FleetModule } from './fleet.module.js';
export { type JoiningState, type JoiningStepName, joiningOf, shownDuration } from './joining.js';
export { type JoiningRecord, JoiningService } from './joining-records.js';
export { findMesh, type Mesh, MeshService, notFound } from './meshes.js';
export {
  type Authority,
  importPrivateKey,
  keyHash,
  newKeyPair,
  newSerial,
  p256,
  publicKeyOfCsr,
} from './pki.js';
export { cloneMs, PresenceService } from './presence.js';
