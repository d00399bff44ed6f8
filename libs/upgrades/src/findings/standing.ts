import type { IstioFact, IstioRevision } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import type { IstioKnowledge } from '../knowledge.js';
import type { Hop, Installed, UpgradeFinding } from '../model.js';
import type { PlannedCluster } from '../planned-cluster.js';
import { compareVersions, hopsBetween, isVersion } from '../versions.js';
import { count, finding, some } from './finding.js';

/** Where a cluster is, and which way it would go. */
export interface Standing {
  readonly cluster: PlannedCluster;
  /** What it begins with; null: it has no Istio. */
  readonly from: Installed | null;
  /** Empty if there is no way, or none to go. */
  readonly hops: readonly Hop[];
  readonly findings: readonly UpgradeFinding[];
}

/** @param toVersion is known to be one. */
export function standingOf(
  cluster: PlannedCluster,
  toVersion: string,
  knowledge: IstioKnowledge,
): Standing {
  const { id: clusterId, name, istio, inContact, agentVersion } = cluster;
  const findings: UpgradeFinding[] = [];
  const add = (...[severity, code, message, remedy]: Parameters<typeof finding>): void => {
    findings.push(finding(severity, code, message, remedy, { clusterId }));
  };
  const nowhere = (): Standing => ({ cluster, from: null, hops: [], findings });

  if (!inContact)
    add(
      'BLOCKS',
      'NotInContact',
      `${name} is out of contact`,
      'bring its agent back, or leave the cluster out',
    );
  if (cluster.dataPlaneMode === 'ambient')
    add(
      'BLOCKS',
      'AmbientNotSupported',
      `${name} runs Istio in ambient mode, of which ztunnel and the CNI plugin would stay as they are`,
      'upgrade it by hand; clusters with sidecars can go on',
    );
  if (cluster.mayManage === false)
    add(
      'BLOCKS',
      'ManageForbidden',
      `the agent of ${name} may not change Istio`,
      'set istio.manage=true in the values of its chart',
    );
  if (!istio) {
    add(
      'BLOCKS',
      'IstioUnknown',
      `the agent of ${name}${agentVersion ? ` (${agentVersion})` : ''} does not say what of Istio is there`,
      'upgrade the agent, and set istio.observe=true in the values of its chart',
    );
    return nowhere();
  }
  if (istio.revisions.length === 0) {
    add(
      'INFORMS',
      'NoIstio',
      `${name} has no Istio: ${toVersion} is installed there, and nothing moves`,
      'leave the cluster out if that is not meant',
    );
    return { cluster, from: null, hops: hopsBetween(null, toVersion, knowledge), findings };
  }
  const used = istio.revisions.filter(({ proxies }) => proxies > 0);
  const revision = revisionToLeave(istio, toVersion);
  const unreadable = [revision, ...used].find(({ version }) => !isVersion(version));
  if (unreadable) {
    add(
      'BLOCKS',
      'IstioUnknown',
      `revision ${unreadable.name} of ${name} says that it is of version '${unreadable.version}', which cannot be read`,
      'have the image of its istiod carry a tag such as 1.30.2',
    );
    return nowhere();
  }
  const from: Installed = { version: revision.version, revision: revision.name };
  if (used.length > 1)
    add(
      'WARNS',
      'SeveralRevisions',
      `${name} has proxies of ${count(used.length, 'revision')}: ${some(used.map((one) => `${one.name} (${one.version}, ${count(one.proxies, 'proxy', 'proxies')})`))}; those of ${from.revision} move`,
      'see that no other upgrade is under way, and move the others by hand or by another upgrade',
    );

  const order = compareVersions(from.version, toVersion);
  if (order === 0) {
    add('INFORMS', 'AlreadyThere', `${name} runs ${toVersion} already`, 'nothing; it is left out');
    return { cluster, from, hops: [], findings };
  }
  if (order > 0) {
    add(
      'INFORMS',
      'NewerAlready',
      `${name} runs ${from.version}, which is newer than ${toVersion}`,
      'nothing; it is left out, for an upgrade never goes back',
    );
    return { cluster, from, hops: [], findings };
  }
  if (!revision.managed)
    add(
      'BLOCKS',
      'NotTakenOver',
      `revision ${from.revision} (${from.version}) of ${name} was installed by ${revision.installedBy || 'somebody else'}, and was not taken over`,
      'take it over (takeOverIstio), which changes none of its Pods',
    );
  return { cluster, from, findings, hops: waysOf(from) };

  function waysOf(installed: Installed): readonly Hop[] {
    let hops: readonly Hop[];
    try {
      hops = hopsBetween(installed, toVersion, knowledge);
    } catch (error) {
      add(
        'BLOCKS',
        'WayUnknown',
        `${name}: ${messageOf(error)}`,
        'upgrade it by hand as far as the knowledge goes, or extend the knowledge',
      );
      return [];
    }
    const taken = hops.flatMap(
      ({ to }) =>
        istio?.revisions.filter((one) => one.name === to.revision && one.version !== to.version) ??
        [],
    )[0];
    if (taken)
      add(
        'BLOCKS',
        'RevisionNameTaken',
        `${name} has a revision ${taken.name} already, of version ${taken.version}`,
        `remove it, or have its workloads follow another one before`,
      );
    if (hops.length > 1)
      add(
        'INFORMS',
        'SeveralHops',
        `${name} goes from ${installed.version} to ${toVersion} in ${hops.length} hops, over ${hops
          .slice(0, -1)
          .map(({ to }) => to.version)
          .join(', ')}`,
        'count on all workloads to restart in each of them',
      );
    return hops;
  }
}

/**
 * Of those that are in use, the one with the most proxies that is older than the target: so an upgrade
 * that was left half way is brought to its end.
 */
function revisionToLeave(
  { revisions, tags, namespaces }: IstioFact,
  toVersion: string,
): IstioRevision {
  const followed = new Set([
    ...tags.map(({ revision }) => revision),
    ...namespaces.map(({ follows }) => follows),
  ]);
  const isOlder = ({ version }: IstioRevision): boolean =>
    isVersion(version) && compareVersions(version, toVersion) < 0;
  const rank = (revision: IstioRevision): number[] => [
    Number(revision.proxies > 0 && isOlder(revision)),
    revision.proxies,
    Number(followed.has(revision.name)),
    revision.ready,
  ];
  const [first, ...others] = revisions as [IstioRevision, ...IstioRevision[]];
  return others.reduce((best, one) => (isHigher(rank(one), rank(best)) ? one : best), first);
}

function isHigher(a: readonly number[], b: readonly number[]): boolean {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index >= 0 && (a[index] ?? 0) > (b[index] ?? 0);
}
