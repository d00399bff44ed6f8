import {
  type AgentFact,
  ClusterFact,
  type ConfigurationObjectFact,
  configurationKind,
  configurationName,
  type DriftFact,
  EndpointGroup,
  ExportedServiceFact,
  type FactName,
  Facts,
  GatewayFact,
  IntentStatusFact,
  Intents,
  type InventoryFact,
  type IstioFact,
  type ReadinessFact,
  type ReleaseStatusFact,
  ServicePort,
  SigningRequestFact,
} from '@isthmus/contracts';
import { IsthmusError, isDnsLabel, isNamespacedName } from '@isthmus/kernel';
import { AddressRanges, addressFault, hostnameFault } from './addresses.js';
import { selectorLabelFault } from './label-selectors.js';

/** A fact as it travels. */
export interface ReportedFact {
  readonly name: string;
  /** The agent's own; two facts of one version are the same. */
  readonly version: string;
  readonly body: Uint8Array;
}

/** What addresses a cluster may speak of. */
export interface AddressRules {
  /** The cluster's declared ranges; with none, any routable address will do. */
  readonly declared: AddressRanges;
  /** Addresses of the hosted plane itself, which nobody may declare as theirs. */
  readonly reserved: AddressRanges;
}

/** Bytes of a fact's body; what counts the proxies of every namespace is larger than the others. */
const largestFact = 64 * 1024;
const largestIstioFact = 256 * 1024;

/**
 * Facts of one type that a cluster may have. There is one status for every intent, so
 * there may be more of them.
 */
export const factLimits: Readonly<Record<FactName, number>> = {
  Cluster: 1,
  SigningRequest: 1,
  Gateway: 100,
  ExportedService: 5_000,
  IntentStatus: 20_000,
  ReleaseStatus: 1,
  Drift: 2_000,
  ConfigurationObject: 2_000,
  Inventory: 1,
  Istio: 1,
  Readiness: 1,
  Agent: 1,
};

const limits = {
  addresses: 1_000,
  gatewayAddresses: 16,
  groups: 256,
  ports: 100,
  list: 100,
  problems: 50,
  namespaces: 2_000,
  text: 256,
  message: 4_096,
};

/**
 * Takes a fact for what it says, or not at all: what passes here is written into objects
 * of other clusters.
 *
 * @throws RESOURCE_INVALID saying what is wrong, for the agent's operator.
 */
export function validateFact(type: FactName, fact: ReportedFact, rules: AddressRules): void {
  assert(/^[\x21-\x7e]{1,200}$/.test(fact.version), 'the version must be 1 to 200 characters');
  const largest = type === 'Istio' ? largestIstioFact : largestFact;
  assert(
    fact.body.length <= largest,
    `the fact has ${fact.body.length} bytes, at most ${largest} are taken`,
  );
  validators[type](fact.name, fact.body, rules);
}

type Validator = (name: string, body: Uint8Array, rules: AddressRules) => void;

const validators: Readonly<Record<FactName, Validator>> = {
  Cluster(name, body) {
    assertSingleton(name, 'cluster');
    const fact = decode<ClusterFact>('Cluster', body);
    assert(['', 'sidecar', 'ambient'].includes(fact.dataPlaneMode), 'unknown dataPlaneMode');
    assertCount('capabilities', fact.capabilities, limits.list);
    assertCount('istioVersions', fact.istioVersions, limits.list);
    assertCount('conditions', fact.conditions, limits.list);
    assertTexts(limits.text, [
      fact.kubernetesVersion,
      fact.agentVersion,
      fact.observedNetwork,
      ...fact.capabilities,
      ...fact.istioVersions,
      ...fact.conditions.flatMap(({ type, status, reason }) => [type, status, reason]),
    ]);
    assertTexts(
      limits.message,
      fact.conditions.map(({ message }) => message),
    );
  },

  SigningRequest(name, body) {
    assertSingleton(name, 'signing');
    const fact = decode<SigningRequestFact>('SigningRequest', body);
    assert(fact.csr.length > 0 && fact.csr.length <= 16 * 1024, 'csr must be 1 to 16384 bytes');
    assert(/^[0-9a-f]{64}$/.test(fact.keyId), 'keyId must be a SHA-256 in lower-case hex');
  },

  ExportedService(name, body, rules) {
    const fact = decode<ExportedServiceFact>('ExportedService', body);
    assertNamespacedName(name, fact);
    assertTexts(limits.text, [fact.exportedBy, fact.refusedReason]);
    assertTexts(limits.message, [fact.refusedMessage]);
    assertCount('ports', fact.ports, limits.ports);
    for (const port of fact.ports) assertPort(port);
    const ports = fact.ports.map(({ port, protocol }) => `${port}/${protocol}`);
    assert(new Set(ports).size === ports.length, 'a port is there twice');
    assertCount('groups', fact.groups, limits.groups);
    for (const group of fact.groups) assertGroup(group, rules);
  },

  Gateway(name, body, rules) {
    const fact = decode<GatewayFact>('Gateway', body);
    assertNamespacedName(name, fact);
    assertTexts(limits.text, [fact.network]);
    assertCount('addresses', fact.addresses, limits.gatewayAddresses);
    for (const { type, value, port } of fact.addresses) {
      assertPortNumber('port', port, 1);
      assert(type === 'IPAddress' || type === 'Hostname', 'type must be IPAddress or Hostname');
      const fault = type === 'Hostname' ? hostnameFault(value) : addressFault(value);
      assert(fault === undefined, `gateway address ${fault}`);
      assert(!rules.reserved.contains(value), `gateway address '${value}' is the hub's`);
    }
    const labels = Object.entries(fact.selector);
    assertCount('selector', labels, limits.list);
    for (const [key, value] of labels) {
      const fault = selectorLabelFault(key, value);
      assert(fault === undefined, `selector: ${fault}`);
    }
  },

  IntentStatus(name, body) {
    const [type = '', ...intent] = name.split('/');
    assert(
      Object.hasOwn(Intents, type) &&
        intent.length > 0 &&
        name.length <= 300 &&
        intent.every((part) => /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(part)),
      `'${name.slice(0, 130)}' is not <intent type>/<intent name>`,
    );
    const fact = decode<IntentStatusFact>('IntentStatus', body);
    assert(fact.intentVersion !== '', 'intentVersion is missing');
    assertCount('objects', fact.objects, limits.addresses);
    assertCount('correctedManagers', fact.correctedManagers, limits.list);
    assertTexts(limits.text, [fact.intentVersion, fact.reason, ...fact.correctedManagers]);
    assertTexts(limits.message, [fact.message, ...fact.objects]);
  },

  ReleaseStatus(name, body) {
    assertSingleton(name, 'release');
    const fact = decode<ReleaseStatusFact>('ReleaseStatus', body);
    assert(/^[0-9a-f]{64}$/.test(fact.digest), 'digest must be a SHA-256 in lower-case hex');
    assert(
      fact.objects === fact.stored + fact.pending + fact.refused + fact.absent,
      'objects must be those that are stored, pending, refused or absent',
    );
    assert(fact.proxiesLive <= fact.proxies, 'no more proxies have it than there are');
    assertTexts(limits.message, [fact.liveMessage]);
    assertCount('problems', fact.problems, limits.problems);
    for (const { object, reason, intentVersion, message } of fact.problems) {
      assertConfigurationName(object);
      assertTexts(limits.text, [reason, intentVersion]);
      assertTexts(limits.message, [message]);
    }
  },

  Drift(name, body) {
    assertConfigurationName(name);
    const fact = decode<DriftFact>('Drift', body);
    assert(['edited', 'deleted'].includes(fact.change), 'change must be edited or deleted');
    assert(
      ['reverted', 'tolerated'].includes(fact.outcome),
      'outcome must be reverted or tolerated',
    );
    assertCount('managers', fact.managers, limits.list);
    assertTexts(limits.text, [fact.intentVersion, ...fact.managers]);
    assert(
      fact.manifest.length === 0 || isManifest(fact.manifest),
      'the manifest is no JSON object',
    );
  },

  ConfigurationObject(name, body) {
    const fact = decode<ConfigurationObjectFact>('ConfigurationObject', body);
    assert(name === configurationName(fact), 'the name is not that of the content');
    assertConfigurationName(name);
    assertCount('managers', fact.managers, limits.list);
    assertTexts(limits.text, [fact.version, ...fact.managers]);
    assert(isManifest(fact.manifest), 'the manifest is no JSON object');
  },

  Inventory(name, body) {
    assertSingleton(name, 'inventory');
    const fact = decode<InventoryFact>('Inventory', body);
    assertTexts(limits.text, [fact.request]);
    assertCount('leftOut', fact.leftOut, limits.problems);
    assertTexts(limits.message, fact.leftOut);
  },

  Istio(name, body) {
    assertSingleton(name, 'istio');
    const fact = decode<IstioFact>('Istio', body);
    assertCount('revisions', fact.revisions, limits.list);
    assertCount('tags', fact.tags, limits.list);
    assertCount('namespaces', fact.namespaces, limits.namespaces);
    assertCount('tasks', fact.tasks, limits.problems);
    assertTexts(limits.text, [
      fact.crdVersion,
      ...fact.revisions.flatMap((of) => [of.name, of.version, of.installedBy, of.chartDigest]),
      ...fact.tags.flatMap((of) => [of.name, of.revision]),
      ...fact.namespaces.flatMap((of) => [of.name, of.follows]),
      ...fact.tasks.flatMap((of) => [of.type, of.reason]),
    ]);
    for (const { revisions } of fact.namespaces) {
      assertCount('revisions of a namespace', revisions, limits.list);
      assertTexts(
        limits.text,
        revisions.flatMap((of) => [of.revision, of.version]),
      );
    }
    assertTexts(
      limits.message,
      fact.tasks.flatMap((of) => [of.object, of.message]),
    );
  },

  Readiness(name, body) {
    assertSingleton(name, 'readiness');
    const fact = decode<ReadinessFact>('Readiness', body);
    assertTexts(limits.text, [fact.request]);
    assertCount('blockingBudgets', fact.blockingBudgets, limits.problems);
    assertCount('envoyFilters', fact.envoyFilters, limits.problems);
    assertTexts(limits.message, [...fact.blockingBudgets, ...fact.envoyFilters]);
  },

  Agent(name, body) {
    assertSingleton(name, 'agent');
    const fact = decode<AgentFact>('Agent', body);
    assertTexts(limits.text, [fact.reason]);
    assertTexts(limits.message, [fact.image, fact.message]);
  },
};

/** A kind that a release may hold, and a name of Kubernetes. */
function assertConfigurationName(name: string): void {
  const [kind = '', namespace = '', object = '', ...rest] = name.split('/');
  assert(
    configurationKind(kind) !== undefined &&
      isDnsLabel(namespace) &&
      /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(object) &&
      rest.length === 0,
    `'${name.slice(0, 130)}' is not <Kind>.<group>/<namespace>/<name>`,
  );
}

function isManifest(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function decode<T>(type: FactName, body: Uint8Array): T {
  try {
    return Facts[type].decode(body) as T;
  } catch (cause) {
    throw new IsthmusError('RESOURCE_INVALID', `the body is no ${type} fact`, { cause });
  }
}

function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new IsthmusError('RESOURCE_INVALID', message);
}

function assertSingleton(name: string, expected: string): void {
  assert(name === expected, `the name must be '${expected}'`);
}

/** A name in another spelling would be another host here and the same one to a resolver. */
function assertNamespacedName(name: string, fact: { namespace: string; name: string }): void {
  assert(
    isNamespacedName(name),
    `'${name.slice(0, 130)}' is not namespace/name of lower-case letters, digits and '-'`,
  );
  assert(name === `${fact.namespace}/${fact.name}`, 'the name is not that of the content');
}

function assertCount(field: string, list: readonly unknown[], most: number): void {
  assert(list.length <= most, `${field} has ${list.length} items, at most ${most} are taken`);
}

function assertTexts(most: number, texts: readonly string[]): void {
  for (const text of texts) {
    assert(text.length <= most, `'${text.slice(0, 40)}…' has more than ${most} characters`);
  }
}

function assertPortNumber(field: string, port: number, least: number): void {
  assert(port >= least && port <= 65_535, `${field} must be ${least} to 65535, not ${port}`);
}

function assertPort(port: ServicePort): void {
  assertPortNumber('port', port.port, 1);
  assertPortNumber('targetPort', port.targetPort, 0);
  assert(port.protocol === 'TCP' || port.protocol === 'UDP', 'protocol must be TCP or UDP');
  for (const name of [port.name, port.targetPortName]) {
    assert(name === '' || isDnsLabel(name), `'${name.slice(0, 80)}' is no name of a port`);
  }
  assert(/^([A-Za-z0-9][-A-Za-z0-9_./+]{0,252})?$/.test(port.appProtocol), 'invalid appProtocol');
}

const locality = /^([A-Za-z0-9][-A-Za-z0-9_.]*(\/[A-Za-z0-9][-A-Za-z0-9_.]*){0,2})?$/;
const serviceAccount = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/;

function assertGroup(group: EndpointGroup, rules: AddressRules): void {
  assertTexts(limits.text, [group.locality, group.serviceAccount]);
  assert(locality.test(group.locality), 'locality must be region/zone/subzone');
  assert(serviceAccount.test(group.serviceAccount), 'serviceAccount must be a DNS subdomain');
  assert(group.ready <= 1_000_000, `${group.ready} ready endpoints are too many`);
  assertCount('addresses', group.addresses, limits.addresses);
  for (const address of group.addresses) {
    const fault = addressFault(address);
    assert(fault === undefined, `endpoint address ${fault}`);
    assert(!rules.reserved.contains(address), `endpoint address '${address}' is the hub's`);
    assert(
      rules.declared.size === 0 || rules.declared.contains(address),
      `endpoint address '${address}' is outside the cluster's CIDRs; declare the range with the cluster`,
    );
  }
}
