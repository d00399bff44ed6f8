export type { AdminApi } from './api.js';
export { type ChartPackage, packageCharts } from './charts.js';
export { type ClusterOptions, type KubeCluster, startCluster } from './cluster.js';
export { CommandError } from './command.js';
export { type Listed, Mirror, Rounds } from './mirror.js';
export { ensureKwok, ensureTofu, ensureTools, type Tools } from './tools.js';
