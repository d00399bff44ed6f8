import { configurationKind, configurationKinds } from '@isthmus/contracts';
import { IsthmusError, isDnsLabel, isDnsSubdomain } from '@isthmus/kernel';
import {
  type ConfigurationObject,
  type IntentDocument,
  type Json,
  type JsonObject,
  labelOf,
  type Override,
  type Place,
  type Problem,
  type Selector,
  type SourceFile,
} from '../objects.js';
import { bundleLimits, fileProblems } from './files.js';
import { clustersAnnotation, pairFault } from './labels.js';
import { readPatch } from './override.js';
import { rememberLines } from './places.js';
import { compareProblems, Faults } from './problems.js';
import { parseSelector } from './selector.js';
import { readYaml } from './yaml.js';

export interface Bundle {
  readonly objects: ConfigurationObject[];
  readonly intents: IntentDocument[];
  readonly overrides: Override[];
  /** By path and line. */
  readonly problems: Problem[];
}

/**
 * Reads the files of a bundle. Whatever they hold, it returns: what cannot be used is left
 * out, and said among the problems.
 */
export function parseBundle(files: readonly SourceFile[]): Bundle {
  const refused = fileProblems(files);
  if (refused.length > 0) return { objects: [], intents: [], overrides: [], problems: refused };
  const reader = new BundleReader();
  for (const file of files) reader.file(file);
  return reader.finish();
}

/** A document, or an item of a List. */
interface Source {
  readonly value: Json;
  readonly place: Place;
  lineOf(path: readonly (string | number)[]): number;
}

interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly clusters: Selector;
}

const group = 'isthmus.dev';
const version = 'v1alpha1';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** What a cluster adds to what was written; people paste `kubectl get -o yaml`. */
const serverFields = new Set([
  'creationTimestamp',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);
const metadataFields = new Set(['name', 'namespace', 'labels', 'annotations', ...serverFields]);
const documentFields = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'status']);

/** Kinds that people will try, and why it is no use. */
const tellingKinds: Readonly<Record<string, string>> = {
  WorkloadEntry: 'Isthmus itself writes WorkloadEntries, for imported services; export the Service',
  WorkloadGroup: 'apply it in the cluster whose machines it describes',
  Secret: 'secrets do not travel in bundles; create it in each cluster, and refer to it by name',
};

const clusterScoped = new Set([
  'APIService',
  'ClusterRole',
  'ClusterRoleBinding',
  'ClusterTrustBundle',
  'CSIDriver',
  'CustomResourceDefinition',
  'GatewayClass',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'RuntimeClass',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
]);

class BundleReader {
  private readonly objects: ConfigurationObject[] = [];
  private readonly intents: IntentDocument[] = [];
  private readonly overrides: Override[] = [];
  private readonly faults = new Faults(bundleLimits.problems);
  private readonly seen = new Map<string, Place>();
  private documents = 0;

  file({ path, content }: SourceFile): void {
    for (const document of readYaml(content)) {
      const place = { path, line: document.line };
      for (const { code, message, remedy, line } of document.faults) {
        this.faults.error(code, { path, line }, message, remedy);
      }
      if (document.value === undefined || document.value === null) continue;
      this.document({ value: document.value, place, lineOf: (at) => document.lineOf(at) }, 0);
    }
  }

  finish(): Bundle {
    if (this.documents > bundleLimits.documents) {
      const problem: Problem = {
        severity: 'error',
        code: 'TooManyDocuments',
        message: `the bundle has ${this.documents} documents, at most ${bundleLimits.documents} are taken`,
        remedy: 'split it into several bundles',
      };
      return { objects: [], intents: [], overrides: [], problems: [problem] };
    }
    return {
      objects: this.objects,
      intents: this.intents,
      overrides: this.overrides,
      problems: this.faults.list.sort(compareProblems),
    };
  }

  private document(source: Source, nested: number): void {
    const { value, place } = source;
    if (!isObject(value)) {
      this.faults.error('NotAnObject', place, 'the document is no object', 'write an object');
      return;
    }
    if (value.apiVersion === 'v1' && value.kind === 'List') {
      this.list(source, value, nested);
      return;
    }
    this.documents += 1;
    // The rest is said once, at the end.
    if (this.documents > bundleLimits.documents) return;
    const { apiVersion, kind } = value;
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !apiVersion || !kind) {
      this.faults.error(
        'KindMissing',
        place,
        'apiVersion and kind must be there, as strings',
        "add them, such as 'apiVersion: networking.istio.io/v1' and 'kind: VirtualService'",
      );
      return;
    }
    const [documentGroup, documentVersion] = splitApiVersion(apiVersion);
    if (documentGroup === group) this.ours(source, value, kind, documentVersion);
    else this.object(source, value, kind, documentGroup, documentVersion);
  }

  private list(source: Source, value: JsonObject, nested: number): void {
    const { items } = value;
    if (!isList(items) || nested > 2) {
      this.faults.error(
        'BadList',
        source.place,
        nested > 2 ? 'lists are nested too deeply' : 'the List has no items',
        'write the objects as documents of their own',
      );
      return;
    }
    items.forEach((item, index) => {
      const lineOf: Source['lineOf'] = (path) => source.lineOf(['items', index, ...path]);
      this.document(
        { value: item, place: { path: source.place.path, line: lineOf([]) }, lineOf },
        nested + 1,
      );
    });
  }

  private object(
    source: Source,
    value: JsonObject,
    kind: string,
    kindGroup: string,
    kindVersion: string,
  ): void {
    const known = configurationKind(`${kind}.${kindGroup}`);
    const place = this.at(source, ['kind']);
    if (!known) {
      this.foreign(kind, kindGroup, place);
      return;
    }
    const best = known.versions[0] ?? '';
    if (!known.versions.includes(kindVersion)) {
      this.faults.error(
        'UnknownVersion',
        this.at(source, ['apiVersion']),
        `${kind} has no version '${kindVersion.slice(0, 80)}'`,
        `write 'apiVersion: ${kindGroup}/${best}'`,
      );
      return;
    }
    const metadata = this.metadata(source, value, kind);
    const spec = this.spec(source, value, metadata && labelOf({ kind, ...metadata }));
    if (!metadata || !spec) return;
    const object: ConfigurationObject = {
      group: kindGroup,
      version: best,
      kind,
      ...metadata,
      spec,
      place: source.place,
    };
    if (!this.isNew(`${kind}.${kindGroup}`, object)) return;
    const bytes = Buffer.byteLength(JSON.stringify(spec));
    if (bytes > bundleLimits.objectBytes) {
      this.faults.error(
        'ObjectTooLarge',
        source.place,
        `the object has ${bytes} bytes, at most ${bundleLimits.objectBytes} are taken`,
        'split it',
        labelOf(object),
      );
      return;
    }
    rememberLines(object, (path) => source.lineOf(path));
    this.objects.push(object);
  }

  private foreign(kind: string, kindGroup: string, place: Place): void {
    const name = `${kind.slice(0, 80)}${kindGroup ? ` (${kindGroup.slice(0, 80)})` : ''}`;
    if (clusterScoped.has(kind)) {
      this.faults.error(
        'ClusterScopedKind',
        place,
        `${name} belongs to a whole cluster; bundles hold objects of namespaces only`,
        'remove it from the bundle, and apply it where you set up clusters',
      );
      return;
    }
    const kinds = [...new Set(configurationKinds.map((entry) => entry.kind))].sort();
    const sameKind = configurationKinds.find((entry) => entry.kind === kind);
    this.faults.error(
      'ForeignKind',
      place,
      `${name} is none of the kinds that a bundle may hold`,
      (Object.hasOwn(tellingKinds, kind) ? tellingKinds[kind] : undefined) ??
        (sameKind
          ? `write 'apiVersion: ${sameKind.group}/${sameKind.versions[0]}'`
          : `remove it; there are ${kinds.join(', ')}`),
    );
  }

  private ours(source: Source, value: JsonObject, kind: string, kindVersion: string): void {
    if (kindVersion !== version) {
      this.faults.error(
        'UnknownVersion',
        this.at(source, ['apiVersion']),
        `${group} has no version '${kindVersion.slice(0, 80)}'`,
        `write 'apiVersion: ${group}/${version}'`,
      );
    } else if (kind === 'ClusterOverride') this.override(source, value);
    else this.intent(source, value, kind);
  }

  private intent(source: Source, value: JsonObject, kind: string): void {
    const metadata = this.metadata(source, value, kind.slice(0, 80));
    const spec = this.spec(source, value, metadata && labelOf({ kind, ...metadata }));
    if (!metadata || !spec) return;
    const { namespace, name, clusters } = metadata;
    const { place } = source;
    const lineOf = (path: readonly (string | number)[]) => source.lineOf(path);
    const intent: IntentDocument = { kind, namespace, name, spec, clusters, place, lineOf };
    if (this.isNew(`${kind}.${group}`, intent)) this.intents.push(intent);
  }

  private override(source: Source, value: JsonObject): void {
    const metadata = isObject(value.metadata) ? value.metadata : {};
    const { name } = metadata;
    if (typeof name !== 'string' || !isDnsSubdomain(name) || name.length > bundleLimits.name) {
      this.faults.error(
        'InvalidName',
        this.at(source, ['metadata', 'name']),
        'metadata.name of a ClusterOverride must be a DNS name',
        nameRemedy,
      );
      return;
    }
    const label = `ClusterOverride ${name}`;
    this.unknownFields(source, value, [], documentFields, label);
    this.unknownFields(source, metadata, ['metadata'], new Set(['name', ...serverFields]), label);
    const spec = this.spec(source, value, label);
    if (!spec) return;
    this.unknownFields(
      source,
      spec,
      ['spec'],
      new Set(['clusterSelector', 'target', 'patch']),
      label,
    );
    const clusters = this.overrideSelector(source, spec, label);
    const target = this.target(source, spec, label);
    const patch = readPatch(spec.patch);
    if ('code' in patch) {
      const line = source.lineOf(['spec', 'patch', ...(patch.step ?? [])]);
      const place = { path: source.place.path, line };
      this.faults.error(patch.code, place, patch.message, patch.remedy, label);
      return;
    }
    if (!clusters || !target) return;
    const override: Override = { name, clusters, target, patch, place: source.place };
    if (
      this.isNew('ClusterOverride', { kind: 'ClusterOverride', namespace: '', name, ...source })
    ) {
      this.overrides.push(override);
    }
  }

  private overrideSelector(source: Source, spec: JsonObject, label: string): Selector | undefined {
    const path = ['spec', 'clusterSelector'];
    if (typeof spec.clusterSelector === 'string' && spec.clusterSelector.trim() !== '') {
      return this.selector(source, path, spec.clusterSelector, label);
    }
    this.faults.error(
      'SelectorMissing',
      this.at(source, path),
      'spec.clusterSelector must say in which clusters the override holds',
      "write a label selector such as 'env=prod'; what holds everywhere belongs into the object",
      label,
    );
    return undefined;
  }

  private target(source: Source, spec: JsonObject, label: string): Override['target'] | undefined {
    const target = isObject(spec.target) ? spec.target : {};
    const { kind, namespace, name } = target;
    const known = configurationKind(`${kind}.${target.group}`);
    if (
      known &&
      typeof namespace === 'string' &&
      isDnsLabel(namespace) &&
      typeof name === 'string' &&
      isDnsSubdomain(name) &&
      Object.keys(target).length === 4
    ) {
      return { group: known.group, kind: known.kind, namespace, name };
    }
    const sameKind = configurationKinds.find((entry) => entry.kind === kind);
    this.faults.error(
      'InvalidTarget',
      this.at(source, ['spec', 'target']),
      'spec.target must have the group, kind, namespace and name of one object, and nothing else',
      sameKind && target.group === undefined
        ? `add 'group: ${sameKind.group}', and what else is missing`
        : 'write those of an object of this bundle',
      label,
    );
    return undefined;
  }

  /** @param kind for messages. @returns undefined if something is wrong with it. */
  private metadata(source: Source, value: JsonObject, kind: string): Metadata | undefined {
    const before = this.faults.count;
    const metadata = isObject(value.metadata) ? value.metadata : {};
    const { name, namespace } = metadata;
    const at = (...path: string[]) => this.at(source, ['metadata', ...path]);
    if (namespace === undefined || namespace === null || namespace === '') {
      this.faults.error(
        'NamespaceMissing',
        at('name'),
        `${kind} has no metadata.namespace`,
        'add it: every object needs metadata.namespace, since clusters differ in their default',
      );
    } else if (typeof namespace !== 'string' || !isDnsLabel(namespace)) {
      this.faults.error(
        'InvalidName',
        at('namespace'),
        'metadata.namespace is no name of a namespace',
        "write lower-case letters, digits and '-', at most 63",
      );
    }
    if (typeof name !== 'string' || !isDnsSubdomain(name) || name.length > bundleLimits.name) {
      const isGenerated = name === undefined && 'generateName' in metadata;
      this.faults.error(
        'InvalidName',
        at('name'),
        isGenerated
          ? 'metadata.generateName gives every cluster another name'
          : `metadata.name of ${kind} must be a DNS name`,
        isGenerated ? "write metadata.name, and remove 'generateName'" : nameRemedy,
      );
    }
    const label =
      typeof name === 'string' ? `${kind} ${namespace}/${name}`.slice(0, 300) : undefined;
    this.unknownFields(source, value, [], documentFields, label);
    this.unknownFields(source, metadata, ['metadata'], metadataFields, label);
    const labels = this.pairs(source, metadata, 'labels', label);
    const annotations = this.pairs(source, metadata, 'annotations', label);
    const path = ['metadata', 'annotations', clustersAnnotation];
    const text = annotations.get(clustersAnnotation);
    annotations.delete(clustersAnnotation);
    annotations.delete(lastApplied);
    const clusters = text === undefined ? [] : this.selector(source, path, text, label);
    if (this.faults.count > before || !clusters) return undefined;
    return {
      namespace: String(namespace),
      name: String(name),
      labels: Object.fromEntries(labels),
      annotations: Object.fromEntries(annotations),
      clusters,
    };
  }

  private pairs(
    source: Source,
    metadata: JsonObject,
    field: 'labels' | 'annotations',
    label: string | undefined,
  ): Map<string, string> {
    const pairs = new Map<string, string>();
    const value = metadata[field] ?? {};
    if (!isObject(value)) {
      this.faults.error(
        'InvalidMetadata',
        this.at(source, ['metadata', field]),
        `metadata.${field} is no object`,
        'write keys and strings',
        label,
      );
      return pairs;
    }
    for (const [key, text] of Object.entries(value)) {
      const place = this.at(source, ['metadata', field, key]);
      const fault = pairFault(field, key, text);
      if (fault) this.faults.error(fault.code, place, fault.message, fault.remedy, label);
      else pairs.set(key, String(text));
    }
    return pairs;
  }

  private selector(
    source: Source,
    path: readonly string[],
    text: string,
    label: string | undefined,
  ): Selector | undefined {
    try {
      return parseSelector(text);
    } catch (error) {
      if (!(error instanceof IsthmusError)) throw error;
      const end = error.message.lastIndexOf('; ');
      const [message, remedy] = [error.message.slice(0, end), error.message.slice(end + 2)];
      this.faults.error('InvalidSelector', this.at(source, path), message, remedy, label);
      return undefined;
    }
  }

  private spec(
    source: Source,
    value: JsonObject,
    label: string | undefined,
  ): JsonObject | undefined {
    const spec = value.spec ?? {};
    if (isObject(spec)) return spec;
    const place = this.at(source, ['spec']);
    this.faults.error('SchemaViolation', place, 'spec is no object', 'write an object', label);
    return undefined;
  }

  private unknownFields(
    source: Source,
    value: JsonObject,
    path: readonly string[],
    known: ReadonlySet<string>,
    label: string | undefined,
  ): void {
    for (const key of Object.keys(value)) {
      if (known.has(key)) continue;
      this.faults.error(
        'UnknownField',
        this.at(source, [...path, key]),
        `'${[...path, key.slice(0, 80)].join('.')}' is not taken in a bundle`,
        'remove it',
        label,
      );
    }
  }

  private isNew(
    id: string,
    object: { kind: string; namespace: string; name: string; place: Place },
  ): boolean {
    const key = `${id}/${object.namespace}/${object.name}`;
    const first = this.seen.get(key);
    if (!first) {
      this.seen.set(key, object.place);
      return true;
    }
    this.faults.error(
      'DuplicateObject',
      object.place,
      `it is there already, at ${first.path}:${first.line}`,
      'remove one of them; what differs between clusters is written as a ClusterOverride',
      labelOf(object),
    );
    return false;
  }

  private at(source: Source, path: readonly (string | number)[]): Place {
    return { path: source.place.path, line: source.lineOf(path) };
  }
}

const nameRemedy = `write lower-case letters, digits, '-' and '.', at most ${bundleLimits.name}`;

function splitApiVersion(apiVersion: string): [string, string] {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
