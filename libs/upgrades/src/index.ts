/** Versions of Istio in a fleet: what clusters have, plans, and upgrades in waves. */
export { type AgentState, agentStates } from './agent-machine.js';
export { AgentService, type AgentView } from './agents.js';
export { targetOf } from './channels.js';
export { type ClusterLook, type Flow, UpgradeDriver } from './driver.js';
export type { Estimate } from './estimate.js';
export { IstioService, type IstioStanding } from './istio.js';
export type { IstioKnowledge, MinorKnowledge } from './knowledge.js';
export { KnowledgeSource } from './knowledge-source.js';
export {
  type AgentImage,
  type Channel,
  type Charts,
  type ClusterStage,
  channels,
  clusterStages,
  type Freeze,
  type Hop,
  type MaintenanceWindow,
  severities,
  type UpgradeFinding,
  type UpgradePolicy,
  type UpgradeState,
  upgradeStates,
  type WeekDay,
  weekDays,
} from './model.js';
export { UpgradePlanner } from './planner.js';
export type { UpgradeSettings } from './rows.js';
export { type UpgradeSettingsChange, UpgradeSettingsService } from './settings.js';
export { SimulatedCluster } from './simulated-cluster.js';
export { type VersionSettings, VersionSource } from './source.js';
export {
  type PlanUpgrade,
  type UpgradeClusterView,
  type UpgradeEventView,
  UpgradeService,
  type UpgradeView,
} from './upgrades.js';
export { UpgradesModule } from './upgrades.module.js';
