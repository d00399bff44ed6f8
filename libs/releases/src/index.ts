/** The configuration of a mesh: objects and intents in bundles, releases of them, and rollouts. */
export { matchesSelector, parseSelector } from './bundle/selector.js';
export { BundleCompiler } from './bundle-compiler.js';
export { selectableLabels } from './clusters.js';
export { CompiledRelease, noRelease } from './compiled-release.js';
export {
  type ConfigurationIntents,
  type ConfigurationSettings,
  ConfigurationSource,
  configurationOf,
  projectConfiguration,
} from './configuration-source.js';
export { ReleaseContents } from './contents.js';
export type { ObjectChange } from './difference.js';
export { type DocumentFamily, documentKinds } from './document-kinds.js';
export { DriftService, type DriftView } from './drift.js';
export { InventoryService, type InventoryView } from './inventories.js';
export {
  ConfigurationSettingsService,
  type ConfigurationSettingsView,
  type DriftPolicy,
  driftPolicies,
} from './mesh-settings.js';
export type { ConfigurationObject, Json, JsonObject, Problem, SourceFile } from './objects.js';
export { PreviewService, type PreviewView } from './previews.js';
export {
  type Bundle,
  type CheckedBundle,
  type ReleaseObjectView,
  ReleaseService,
  type ReleaseSource,
  type ReleaseView,
} from './releases.js';
export { ReleasesModule } from './releases.module.js';
export { RolloutDriver } from './rollout-driver.js';
export {
  assertPolicy,
  planWaves,
  type RolloutPolicy,
  type WavePolicy,
  type WaveUnit,
  waveUnits,
} from './rollout-plan.js';
export type { RolloutState } from './rollout-steps.js';
export {
  type ClusterStanding,
  type RolloutEventView,
  RolloutService,
  type RolloutView,
} from './rollouts.js';
