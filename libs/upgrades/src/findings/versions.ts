import type { IstioKnowledge } from '../knowledge.js';
import type { Charts, Hop, UpgradeFinding } from '../model.js';
import { minorKnowledge, minorOf, minorsBetween } from '../versions.js';
import { count, finding, some } from './finding.js';
import { fixOf, hasBug } from './proxies.js';

/** What the versions on the way bring, wherever they go. */
export function versionFindings(
  toVersion: string,
  ways: readonly (readonly Hop[])[],
  /** `<Kind>.<group>` of what is configured anywhere. */
  kinds: ReadonlySet<string>,
  charts: Charts,
  knowledge: IstioKnowledge,
  now: Date,
): UpgradeFinding[] {
  const hops = ways.flat();
  return [
    ...targetFindings(toVersion, knowledge, now),
    ...minorFindings(hops, kinds, knowledge),
    ...chartFindings(hops, charts),
  ];
}

function targetFindings(toVersion: string, knowledge: IstioKnowledge, now: Date): UpgradeFinding[] {
  const minor = minorKnowledge(toVersion, knowledge);
  const patch = minor?.patches.find(({ version }) => version === toVersion);
  const findings: UpgradeFinding[] = [];
  if (minor?.endOfLife !== undefined && now.getTime() >= Date.parse(minor.endOfLife)) {
    findings.push(
      finding(
        'WARNS',
        'EndOfLife',
        `Istio ${minorOf(toVersion)} got its last fixes on ${minor.endOfLife}`,
        'go to a newer minor version as soon as this one is through',
      ),
    );
  }
  if (minor?.verified === false || patch?.verified === false) {
    findings.push(
      finding(
        'WARNS',
        'VersionNotVerified',
        `what is known of Istio ${toVersion} was not looked up by anybody, and may lack something`,
        'read its upgrade notes, and put what you found into the file of knowledge, see docs/istio-versions.md',
      ),
    );
  }
  for (const { id, concerns, fixedIn, text, remedy } of knowledge.bugs) {
    if (concerns !== 'target' || !hasBug(toVersion, fixedIn)) continue;
    const advice = remedy.replaceAll('{fixed}', fixOf(toVersion, fixedIn));
    findings.push(finding('WARNS', 'KnownBug', `Istio ${toVersion} has ${id}: ${text}`, advice));
  }
  return findings;
}

function minorFindings(
  hops: readonly Hop[],
  kinds: ReadonlySet<string>,
  knowledge: IstioKnowledge,
): UpgradeFinding[] {
  const entered = new Set(
    hops.flatMap(({ from, to }) =>
      from && minorsBetween(from.version, to.version) > 0 ? [minorOf(to.version)] : [],
    ),
  );
  return [...entered]
    .sort((a, b) => minorsBetween(b, a))
    .flatMap((name) => {
      const minor = knowledge.minors[name];
      if (!minor) return [];
      const crds = minor.crdsChanged
        ? [
            finding(
              'INFORMS',
              'CrdsChange',
              `the CRDs of Istio ${name} differ from those before; they come before its istiod, and stay whatever becomes of it`,
              'nothing; older istiods go on with newer CRDs',
            ),
          ]
        : [];
      const notes = minor.notes
        .filter((note) => !note.kinds || note.kinds.some((kind) => kinds.has(kind)))
        .map(({ severity, text, remedy }) =>
          finding(
            severity,
            'VersionNote',
            `Istio ${name}: ${text}`,
            remedy ?? `read the upgrade notes of Istio ${name}`,
          ),
        );
      return [...crds, ...notes];
    });
}

function chartFindings(hops: readonly Hop[], { digests }: Charts): UpgradeFinding[] {
  const versions = [...new Set(hops.map(({ to }) => to.version))];
  const open = versions
    .flatMap((version) => [`base-${version}`, `istiod-${version}`])
    .filter((chart) => !Object.hasOwn(digests, chart));
  if (open.length === 0) return [];
  return [
    finding(
      'INFORMS',
      'ChartsNotPinned',
      `${count(open.length, 'chart')} ${open.length === 1 ? 'is' : 'are'} taken as the repository has ${open.length === 1 ? 'it' : 'them'}: ${some(open)}`,
      'give their SHA-256 with the charts in the settings, and no other archive is installed',
    ),
  ];
}

/** Canary namespaces that would have nothing go first. */
export function canaryFindings(
  canaryNamespaces: readonly string[],
  /** Names of namespaces with injection or proxies, of any cluster. */
  present: ReadonlySet<string>,
): UpgradeFinding[] {
  return canaryNamespaces
    .filter((name) => !present.has(name))
    .map((name) =>
      finding(
        'WARNS',
        'CanaryNamespaceMissing',
        `the canary namespace ${name} has injection or proxies in no cluster`,
        'mend its name, or take it out of the policy: nothing goes first because of it',
      ),
    );
}
