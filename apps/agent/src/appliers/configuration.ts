import {
  type ConfigurationIntent,
  configurationKind,
  configurationName,
  encodeManifest,
  type Manifest,
} from '@isthmus/contracts';
import {
  type Conditioned,
  type Kind,
  type KubeObject,
  kindId,
  type ObjectCondition,
  optionalNameOf,
} from '../kube/kinds.js';
import { Marks, managerName } from '../kube/ownership.js';
import { type Acceptance, type Applier, ownMetadata, type Plan } from './plan.js';

/** The rank of an object among those of a release; objects of the same kinds that federation writes have none. */
export function rankOf(intentType: string, kind: Kind): number | undefined {
  return intentType === 'Configuration' ? configurationKind(kindId(kind))?.rank : undefined;
}

/** One object of a release, exactly as it is in there. */
export const configurationApplier: Applier<ConfigurationIntent> = {
  plan(name, intent, view, version): Plan {
    const { group, kind } = intent;
    // Whatever a hub says: the role of the agent may be wider than what a release may hold.
    if (!configurationKind(`${kind}.${group}`)) {
      const message = `${kind} (${group}) cannot be part of a release`;
      return { objects: 'keep', refused: { reason: 'KindNotAllowed', message } };
    }
    if (configurationName(intent) !== name) {
      const message = `the intent is about ${configurationName(intent)}`;
      return { objects: 'keep', refused: { reason: 'NameMismatch', message } };
    }
    const served = view.kind(optionalNameOf(intent));
    if (!served) return notServed(kind, group);
    const { annotations, labels, spec } = JSON.parse(intent.manifest.toString()) as Manifest;
    const own = ownMetadata({ type: 'Configuration', name }, intent);
    const metadata = {
      ...own,
      labels: { ...labels, ...own.labels },
      annotations: { ...annotations, ...own.annotations, [Marks.intentVersion]: version },
    };
    return { objects: [{ kind: served, object: { metadata, ...(spec && { spec }) } }] };
  },

  acceptance([desired], _intent, _view, live): Acceptance {
    const object = desired && live(desired);
    if (!object) return { state: 'unknown' };
    return desired.kind.group === 'gateway.networking.k8s.io'
      ? verdictOfController(object)
      : verdictOfIstiod(object);
  },
};

/** What the chart does not grant is to the agent as if it were not there. */
function notServed(kind: string, group: string): Plan {
  const message = `this cluster has no ${kind} (${group}), or its agent may not read them; install its CRDs, or see the values configuration.* of the agent's chart`;
  return { objects: 'keep', waiting: { reason: 'KindNotServed', message } };
}

interface Routed extends Conditioned {
  status?: Conditioned['status'] & { parents?: { conditions?: ObjectCondition[] }[] };
}

const telling = ['Accepted', 'Programmed', 'ResolvedRefs'];

/** What controllers of the Gateway API say of a Gateway, or of a route at each of its parents. */
function verdictOfController(object: Routed): Acceptance {
  const { conditions = [], parents = [] } = object.status ?? {};
  const all = [...conditions, ...parents.flatMap((parent) => parent.conditions ?? [])].filter(
    ({ type, status }) => telling.includes(type) && status !== 'Unknown',
  );
  if (all.length === 0) return { state: 'unknown' };
  const current = all.filter(
    ({ observedGeneration = 0 }) => observedGeneration >= (object.metadata.generation ?? 0),
  );
  const refusal = current.find(({ status }) => status === 'False');
  if (refusal) return { state: 'refused', reason: refusal.reason, message: refusal.message };
  if (current.length === all.length) return { state: 'yes' };
  const message = 'its controller has not looked at the last change yet';
  return { state: 'pending', reason: 'WaitingForController', message };
}

interface IstioStatus {
  conditions?: ObjectCondition[];
  validationMessages?: {
    type?: { name?: string; code?: string };
    level?: string | number;
    documentationUrl?: string;
  }[];
  observedGeneration?: string | number;
}

/** What istiod wrote, if it writes anything: it has to be told to. */
function verdictOfIstiod(object: KubeObject & { status?: IstioStatus }): Acceptance {
  const { conditions = [], validationMessages = [], observedGeneration } = object.status ?? {};
  const reconciled = conditions.find(({ type }) => type === 'Reconciled');
  if (!reconciled && validationMessages.length === 0) return { state: 'unknown' };
  if (
    observedGeneration !== undefined &&
    Number(observedGeneration) < (object.metadata.generation ?? 0)
  ) {
    const message = 'istiod has not looked at the last change yet';
    return { state: 'pending', reason: 'WaitingForIstiod', message };
  }
  // ERROR is 3 in Istio's enum, which may be written either way.
  const error = validationMessages.find(({ level }) => level === 'ERROR' || level === 3);
  if (error) {
    const { name = 'ValidationFailed', code = '' } = error.type ?? {};
    return {
      state: 'refused',
      reason: name,
      message: [code, error.documentationUrl].filter(Boolean).join(' '),
    };
  }
  if (reconciled?.status === 'True') return { state: 'yes' };
  if (!reconciled) return { state: 'unknown' };
  const { reason = '', message = '' } = reconciled;
  return { state: 'pending', reason, message };
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const ownAnnotations: readonly string[] = [
  Marks.intentName,
  Marks.intentVersion,
  Marks.adopt,
  Marks.found,
  lastApplied,
];

/** An object as a release would hold it: without what is ours, and what only tells of its state. */
export function manifestOf(object: KubeObject & { spec?: object }): Buffer {
  const { labels = {}, annotations = {} } = object.metadata;
  const theirs = {
    annotations: Object.entries(annotations).filter(([key]) => !ownAnnotations.includes(key)),
    labels: Object.entries(labels).filter(
      ([key, value]) => key !== Marks.intent && !(key === Marks.managedBy && value === managerName),
    ),
  };
  return encodeManifest({
    annotations: Object.fromEntries(theirs.annotations),
    labels: Object.fromEntries(theirs.labels),
    spec: object.spec ?? {},
  });
}

/** No fact holds a larger manifest: it would crowd out the others. */
export const largestManifest = 48 * 1024;
