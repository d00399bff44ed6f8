import semver from 'semver';
import type { IstioKnowledge } from '../knowledge.js';
import type { Hop, UpgradeFinding } from '../model.js';
import type { PlannedCluster } from '../planned-cluster.js';
import { minorKnowledge, minorOf, minorsBetween } from '../versions.js';
import { count, finding, ifVerified, some } from './finding.js';

/** Whether the cluster's Kubernetes is one that every version on the way goes with. */
export function kubernetesFindings(
  { id: clusterId, name, kubernetesVersion }: PlannedCluster,
  hops: readonly Hop[],
  knowledge: IstioKnowledge,
): UpgradeFinding[] {
  const version = semver.coerce(kubernetesVersion)?.version;
  if (version === undefined) {
    return [
      finding(
        'WARNS',
        'KubernetesUnknown',
        `which Kubernetes ${name} runs is not known`,
        'look it up, and compare it with what Istio is tested with',
        { clusterId },
      ),
    ];
  }
  const minor = minorOf(version);
  return hops.flatMap(({ to }) => {
    const known = minorKnowledge(to.version, knowledge);
    if (!known?.kubernetes) return [];
    const { min, max } = known.kubernetes;
    const range = `Istio ${to.version} goes with ${min} to ${max}${known.verified ? '' : ', as far as is known'}`;
    if (minorsBetween(min, minor) < 0) {
      return finding(
        ifVerified('BLOCKS', known.verified),
        'KubernetesTooOld',
        `${name} runs Kubernetes ${minor}, and ${range}`,
        `upgrade its Kubernetes to ${min} or later first`,
        { clusterId },
      );
    }
    if (minorsBetween(max, minor) > 0) {
      return finding(
        'WARNS',
        'KubernetesTooNew',
        `${name} runs Kubernetes ${minor}, and ${range}`,
        'try it in a cluster like it first, or choose a newer version',
        { clusterId },
      );
    }
    return [];
  });
}

const mebibyte = 1_048_576;

/** Whether one more istiod has room, and budgets let Pods go. */
export function readinessFindings(
  { id: clusterId, name, readiness }: PlannedCluster,
  phase: 'plan' | 'preflight',
): UpgradeFinding[] {
  const about = { clusterId };
  if (!readiness || readiness.nodes === 0) {
    return [
      finding(
        'INFORMS',
        'RoomUnknown',
        `whether ${name} has room for another istiod is not known`,
        'see that one node has room for it; that is asked once more before it begins',
        about,
      ),
    ];
  }
  const findings: UpgradeFinding[] = [];
  const { freeCpuMilli, freeMemoryBytes, istiodCpuMilli, istiodMemoryBytes } = readiness;
  if (freeCpuMilli < istiodCpuMilli || freeMemoryBytes < istiodMemoryBytes) {
    findings.push(
      finding(
        'BLOCKS',
        'NoRoomForIstiod',
        `of the ${count(readiness.nodes, 'node')} of ${name} the roomiest has ${sayRoom(freeCpuMilli, freeMemoryBytes)} left, and an istiod requests ${sayRoom(istiodCpuMilli, istiodMemoryBytes)}`,
        'add a node, or have istiod request less (pilot.resources in the values of its chart)',
        about,
      ),
    );
  }
  const { blockingBudgets } = readiness;
  if (blockingBudgets.length > 0) {
    findings.push(
      finding(
        phase === 'preflight' ? 'BLOCKS' : 'WARNS',
        'DisruptionBudgetBlocks',
        `${count(blockingBudgets.length, 'PodDisruptionBudget')} of ${name} ${blockingBudgets.length === 1 ? 'lets' : 'let'} no Pod go now: ${some(blockingBudgets)}`,
        'give these workloads another replica, or relax their budgets',
        about,
      ),
    );
  }
  return findings;
}

function sayRoom(cpuMilli: number, memoryBytes: number): string {
  return `${(cpuMilli / 1_000).toLocaleString('en-US')} CPU and ${Math.round(memoryBytes / mebibyte).toLocaleString('en-US')} MiB`;
}
