import {
  type ConfigurationObject,
  type IntentDocument,
  labelOf,
  type Problem,
} from '../objects.js';
import { accessDefault, overruled } from './access-default.js';
import { accessPolicy, openings } from './access-policy.js';
import { endUserAuthentication } from './end-user-authentication.js';
import type { HostShare } from './host.js';
import { hostObjects } from './host-objects.js';
import type { IntentKind } from './intent-kind.js';
import { loadBalancing } from './load-balancing.js';
import { mutualTls } from './mutual-tls.js';
import { rateLimit } from './rate-limit.js';
import { Fields } from './reader.js';
import { retriesAndTimeouts } from './retries-and-timeouts.js';
import { trafficSplit } from './traffic-split.js';

const kinds: readonly IntentKind[] = [
  accessPolicy,
  accessDefault,
  mutualTls,
  endUserAuthentication,
  loadBalancing,
  trafficSplit,
  retriesAndTimeouts,
  rateLimit,
];
const byName = new Map(kinds.map((kind) => [kind.kind, kind]));

/** Every kind of intent, by name, in one line. */
export const intentKinds: ReadonlyMap<string, string> = new Map(
  kinds.map(({ kind, description }) => [kind, description]),
);

/**
 * Istio's objects for documents in the operator's words. All that is wrong is reported at once; a
 * document with an error leaves no object.
 */
export function compileIntents(documents: readonly IntentDocument[]): {
  objects: ConfigurationObject[];
  problems: Problem[];
} {
  const objects: ConfigurationObject[] = [];
  const problems: Problem[] = [];
  const shares: HostShare[] = [];
  for (const document of documents) {
    const found: Problem[] = [];
    const compiled = compile(document, found);
    problems.push(...found);
    if (!compiled || found.some(({ severity }) => severity === 'error')) continue;
    objects.push(...(compiled.objects ?? []));
    if (compiled.share) shares.push(compiled.share);
  }
  const hosts = hostObjects(shares);
  objects.push(...hosts.objects);
  problems.push(
    ...hosts.problems,
    ...sameNames(objects),
    ...openings(objects),
    ...overruled(documents),
  );
  return { objects, problems };
}

function compile(document: IntentDocument, problems: Problem[]) {
  const kind = byName.get(document.kind);
  if (!kind) {
    problems.push({
      severity: 'error',
      code: 'UnknownIntent',
      message: `${document.kind} is not a kind of intent`,
      remedy: `write one of ${[...byName.keys()].join(', ')}`,
      place: document.place,
      object: labelOf(document),
    });
    return undefined;
  }
  const spec = new Fields(document, ['spec'], document.spec, problems);
  const compiled = kind.compile(document, spec);
  spec.close();
  return compiled;
}

/** Documents of two kinds may come to the same object, such as an AccessPolicy and an AccessDefault. */
function sameNames(objects: readonly ConfigurationObject[]): Problem[] {
  const seen = new Map<string, ConfigurationObject>();
  return objects.flatMap((object): Problem[] => {
    const label = labelOf(object);
    const other = seen.get(label);
    if (!other || other.compiledFrom === object.compiledFrom) {
      seen.set(label, object);
      return [];
    }
    return [
      {
        severity: 'error',
        code: 'NameTaken',
        message: `${object.compiledFrom} and ${other.compiledFrom} both become ${label}`,
        remedy: 'give one of them another name',
        place: object.place,
        object: object.compiledFrom,
      },
    ];
  });
}
