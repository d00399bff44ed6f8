import type { IstioFact } from '@isthmus/contracts';
import type { IstioKnowledge } from '../knowledge.js';
import type { Hop, UpgradeFinding } from '../model.js';
import { compareVersions, isVersion, minorKnowledge, minorsBetween } from '../versions.js';
import { count, finding, some } from './finding.js';

interface Subject {
  readonly id: string;
  readonly name: string;
  readonly istio: IstioFact;
}

/** What the proxies of a cluster, and those who say which istiod injects them, bring up. */
export function proxyFindings(
  subject: Subject,
  hops: readonly Hop[],
  knowledge: IstioKnowledge,
): UpgradeFinding[] {
  return [
    ...skewFindings(subject, hops, knowledge),
    ...orphanFindings(subject),
    ...bareFindings(subject),
    ...injectionFindings(subject, hops),
    ...bugFindings(subject, hops, knowledge),
  ];
}

/** Proxies that should have been restarted long ago. */
function skewFindings(
  { id: clusterId, name, istio }: Subject,
  hops: readonly Hop[],
  knowledge: IstioKnowledge,
): UpgradeFinding[] {
  const [first] = hops;
  if (!first?.from) return [];
  const { from, to } = first;
  const most = minorKnowledge(to.version, knowledge)?.proxySkew ?? 2;
  const late = istio.namespaces
    .flatMap((namespace) => namespace.revisions.map((of) => ({ ...of, namespace: namespace.name })))
    .filter(({ version }) => isVersion(version) && minorsBetween(version, from.version) > 0)
    .sort((a, b) => compareVersions(a.version, b.version));
  const [oldest] = late;
  if (!oldest) return [];
  const places = [...new Set(late.map(({ namespace, version }) => `${namespace} (${version})`))];
  const number = late.reduce((sum, { workloads, gateways }) => sum + workloads + gateways, 0);
  const behind = minorsBetween(oldest.version, to.version);
  const isTooFar = behind > most;
  return [
    finding(
      isTooFar ? 'BLOCKS' : 'WARNS',
      'ProxySkew',
      `${count(number, 'proxy', 'proxies')} of ${name} ${number === 1 ? 'is' : 'are'} older than istiod ${from.version}, in ${some(places)}${isTooFar ? `: ${behind} minor versions behind ${to.version}, where ${most} are supported` : ''}`,
      `restart these workloads, so that they get the proxy of ${from.version}`,
      { clusterId },
    ),
  ];
}

function orphanFindings({ id: clusterId, name, istio }: Subject): UpgradeFinding[] {
  const known = new Set(istio.revisions.map((revision) => revision.name));
  const orphans = istio.namespaces.flatMap((namespace) =>
    namespace.revisions.filter(({ revision }) => revision !== '' && !known.has(revision)),
  );
  const number = orphans.reduce((sum, { workloads, gateways }) => sum + workloads + gateways, 0);
  if (number === 0) return [];
  return [
    finding(
      'WARNS',
      'OrphanedProxies',
      `${count(number, 'proxy', 'proxies')} of ${name} ${number === 1 ? 'is' : 'are'} of ${some([...new Set(orphans.map(({ revision }) => revision))])}, of which there is no istiod`,
      'restart these workloads: they move with no upgrade',
      { clusterId },
    ),
  ];
}

function bareFindings({ id: clusterId, name, istio }: Subject): UpgradeFinding[] {
  const places = istio.namespaces.filter(({ bare }) => bare > 0);
  const number = places.reduce((sum, { bare }) => sum + bare, 0);
  if (number === 0) return [];
  return [
    finding(
      'WARNS',
      'BareProxies',
      `${count(number, 'Pod')} of ${name} with a proxy ${number === 1 ? 'has' : 'have'} no controller that would restart ${number === 1 ? 'it' : 'them'}, in ${some(places.map((place) => `${place.name} (${place.bare})`))}`,
      'make them anew by hand once the workloads move: until then the old istiod stays',
      { clusterId },
    ),
  ];
}

function injectionFindings(
  { id: clusterId, name, istio }: Subject,
  hops: readonly Hop[],
): UpgradeFinding[] {
  const about = { clusterId };
  const findings: UpgradeFinding[] = [];
  const foreign = istio.tags.filter(({ managed }) => !managed).map((tag) => tag.name);
  if (foreign.length > 0) {
    findings.push(
      finding(
        'WARNS',
        'NotManagedTag',
        `${count(foreign.length, 'tag')} of ${name} ${foreign.length === 1 ? 'was' : 'were'} set by somebody else, and ${foreign.length === 1 ? 'is' : 'are'} taken over as ${foreign.length === 1 ? 'it moves' : 'they move'}: ${some(foreign)}`,
        'see that nobody sets them back, such as revisionTags in the values of an istiod chart',
        about,
      ),
    );
  }
  const byDefault = istio.namespaces.filter(
    ({ follows }) => follows === 'injection' || follows === 'default',
  );
  const hasTag = istio.tags.some((tag) => tag.name === 'default');
  if (byDefault.length > 0 && !hasTag && hops[0]?.from) {
    findings.push(
      finding(
        'INFORMS',
        'DefaultInjectionWithoutTag',
        `${count(byDefault.length, 'namespace')} of ${name} ${byDefault.length === 1 ? 'is' : 'are'} injected by default without a tag default: ${some(byDefault.map((one) => one.name))}`,
        'nothing; the tag default is made, and leads to the new revision',
        about,
      ),
    );
  }
  return findings;
}

function bugFindings(
  { id: clusterId, name, istio }: Subject,
  hops: readonly Hop[],
  knowledge: IstioKnowledge,
): UpgradeFinding[] {
  const gateways = istio.namespaces.reduce((sum, one) => sum + one.gateways, 0);
  if (gateways === 0) return [];
  return knowledge.bugs.flatMap(({ id, concerns, fixedIn, text, remedy }) => {
    const version = hops
      .flatMap(({ from }) => (from ? [from.version] : []))
      .find((one) => hasBug(one, fixedIn));
    if (concerns !== 'gateways' || version === undefined) return [];
    return finding(
      'WARNS',
      'KnownBug',
      `Istio ${version}, which ${name} has on its way, has ${id}: ${text} (${count(gateways, 'gateway')})`,
      remedy.replaceAll('{fixed}', fixOf(version, fixedIn)),
      { clusterId },
    );
  });
}

/** Whether a version lacks a fix that is in these, and in all minor versions after theirs. */
export function hasBug(version: string, fixedIn: readonly string[]): boolean {
  const same = fixedIn.find((fixed) => minorsBetween(version, fixed) === 0);
  if (same !== undefined) return compareVersions(version, same) < 0;
  return fixedIn.every((fixed) => compareVersions(version, fixed) < 0);
}

/** The next version that has it. */
export function fixOf(version: string, fixedIn: readonly string[]): string {
  return (
    [...fixedIn].sort(compareVersions).find((fixed) => compareVersions(fixed, version) > 0) ??
    version
  );
}
