export { type ClusterOptions, type KubeCluster, startCluster } from './cluster.js';
export { CommandError } from './command.js';
export { ensureTools, type Tools } from './tools.js';
