import { type ClusterSettings, isAdmitted } from '@isthmus/federation';
import { shownDuration } from '@isthmus/fleet';
import type { Picture } from './picture.js';
import type { Route, Scene } from './scene.js';
import { broken, type Fault, inCluster, ok, type Step, skipped, unknown, warned } from './steps.js';

/** Nobody offers the host. */
export function notExported(scene: Scene): Step {
  const { host, namespace, name, picture } = scene;
  const { clusters, policies } = picture.settings;
  const before = [...(picture.facts.exports.get(host) ?? [])];
  const names = (of: typeof before) =>
    of.flatMap(([id]) => clusters.get(id)?.name ?? []).map((text) => `'${text}'`);
  const removed = names(
    before.filter(([id, { fact }]) => fact && clusters.get(id)?.removed === true),
  );
  const manifest = `{"apiVersion":"multicluster.x-k8s.io/v1alpha1","kind":"ServiceExport","metadata":{"namespace":"${namespace}","name":"${name}"}}`;
  const remedy = `in the cluster that has the Service ${host}: kubectl apply -f - <<< '${manifest}'; or make an export policy that selects it (createExportPolicy)`;
  if (removed.length > 0) {
    return broken('EXPORT', undefined, {
      reason: 'ExporterRemoved',
      message: `${host} was exported by ${removed.join(', ')} alone, and that cluster was removed from the mesh`,
      remedy: `register the cluster again (registerCluster), or ${remedy}`,
    });
  }
  const withdrawn = names(before.filter(([, { fact }]) => !fact));
  const selecting = policies.map((policy) => `'${policy.name}'`).sort();
  const byPolicy =
    selecting.length === 0
      ? 'the mesh has no export policy'
      : `none of the export policies ${selecting.slice(0, 5).join(', ')}${selecting.length > 5 ? ', …' : ''} selects it`;
  return broken('EXPORT', undefined, {
    reason: 'NotExported',
    message: `no cluster exports ${host}: there is no ServiceExport ${host}, and ${byPolicy}${withdrawn.length > 0 ? `; ${withdrawn.join(', ')} exported it until it was withdrawn` : ''}`,
    remedy,
    evidence: [`ServiceExport ${host}`],
  });
}

export function exported(route: Route): Step {
  const { verdict, exporter, host, namespace, name, question, ports, isLocal } = route;
  if (isLocal) return skipped('EXPORT', exporter, 'a call within the cluster needs no export');
  const evidence = [
    verdict.fact.exportedBy === 'ServiceExport'
      ? `ServiceExport ${host}`
      : `ExportPolicy ${verdict.fact.exportedBy}`,
    `Service ${host}`,
  ];
  if (!isAdmitted(verdict)) {
    const { reason, message } = verdict;
    return broken('EXPORT', exporter, {
      reason: reason || 'ExportRefused',
      message: `the export of ${host} by '${exporter.name}' does not stand: ${message}`,
      remedy: exportRemedy(route, reason),
      evidence,
    });
  }
  const { port } = question;
  if (port !== undefined && !ports.some((offered) => offered.port === port)) {
    const known = ports.map((offered) => `${offered.port}${offered.name && ` (${offered.name})`}`);
    return broken('EXPORT', exporter, {
      reason: 'PortNotExported',
      message: `${host} has no TCP port ${port} in the mesh; it has ${known.join(', ') || 'none'}`,
      remedy: `call one of these, or add the port: ${inCluster(exporter, `kubectl -n ${namespace} edit service ${name}`)}`,
      evidence,
    });
  }
  return ok('EXPORT', exporter, `'${exporter.name}' exports ${host}`, evidence);
}

function exportRemedy({ exporter, namespace, name, host }: Route, reason: string): string {
  const edit = inCluster(exporter, `kubectl -n ${namespace} edit service ${name}`);
  switch (reason) {
    case 'ServiceNotFound':
      return inCluster(
        exporter,
        `create the Service ${host}, or kubectl -n ${namespace} delete serviceexport ${name}`,
      );
    case 'ImportedService':
      return inCluster(exporter, `kubectl -n ${namespace} delete serviceexport ${name}`);
    case 'ExternalName':
      return `${edit}, and make it a ClusterIP Service with a selector`;
    case 'Headless':
      return inCluster(
        exporter,
        `make a Service beside it that has a cluster IP and the same selector, and export that`,
      );
    case 'NoTcpPorts':
      return `${edit}, and give it a TCP port`;
    case 'NotInMesh':
      return inCluster(
        exporter,
        `kubectl label namespace ${namespace} istio-injection=enabled (or istio.io/rev=<revision>), then restart the workloads behind ${host}`,
      );
    case 'HostOwnedByAnother':
      return `grant ${host} to the clusters that may export it, '${exporter.name}' among them (grantHost), or ${inCluster(exporter, `kubectl -n ${namespace} delete serviceexport ${name}`)}`;
    case 'TypeConflict':
    case 'PortConflict':
      return `make the Services alike in all clusters that export it: ${edit}`;
    case 'ImportTooLarge':
      return `export ${host} from fewer clusters, or with fewer service accounts`;
    default:
      return inCluster(exporter, `kubectl -n ${namespace} get serviceexport ${name} -o yaml`);
  }
}

/** Whether the caller's cluster is one that the mesh can do something for. */
export function sourceContact({ picture, source }: Scene): Step {
  const contact = picture.contacts.get(source.id);
  const evidence = [`Cluster ${source.name}`];
  if (source.removed || contact?.status === 'REMOVED') {
    return broken('CONTACT', source, {
      reason: 'ClusterRemoved',
      message: `the cluster '${source.name}' was removed from the mesh`,
      remedy: 'register it again (registerCluster), and run the command that it answers with',
      evidence,
    });
  }
  if (contact?.status === 'PENDING') {
    return broken('CONTACT', source, {
      reason: 'NeverJoined',
      message: `the agent of '${source.name}' has never connected, so nothing was imported there`,
      remedy: `run the helm command of the cluster there; for a new one: createJoinToken(input: {clusterId: "${source.id}"})`,
      evidence,
    });
  }
  const fault = silence(picture, source);
  return fault
    ? warned('CONTACT', source, { ...fault, evidence })
    : ok('CONTACT', source, `the agent of '${source.name}' is connected`, evidence);
}

/** What stands goes on standing: a warning, not a break. */
export function exporterContact({ picture, exporter }: Route): Step {
  const fault = silence(picture, exporter);
  const evidence = [`Cluster ${exporter.name}`];
  return fault
    ? warned('CONTACT', exporter, { ...fault, evidence })
    : ok('CONTACT', exporter, `the agent of '${exporter.name}' is connected`, evidence);
}

function silence(
  { contacts, facts, now }: Picture,
  { id, name }: Pick<ClusterSettings, 'id' | 'name'>,
): Fault | undefined {
  const contact = contacts.get(id);
  if (contact?.status === 'LOCKED') {
    return {
      reason: 'ClusterLocked',
      message: `'${name}' is locked (${contact.lockReason ?? 'its identity is in doubt'}): what it has stays, and nothing new reaches it`,
      remedy: `find the second agent, then unlockCluster(input: {clusterId: "${id}"}) and run the command that it answers with`,
    };
  }
  const forbidden = facts.agents
    .get(id)
    ?.fact?.conditions.find(({ type, status }) => type === 'Permitted' && status === 'False');
  if (contact?.status !== 'OUT_OF_CONTACT') {
    return (
      forbidden && {
        reason: forbidden.reason,
        message: `'${name}' does not let its agent do all that it has to: ${forbidden.message}`,
        remedy: `in the cluster '${name}': helm upgrade the agent's chart, whose roles allow it`,
      }
    );
  }
  const { lastContactAt } = contact;
  const since = lastContactAt
    ? ` for ${shownDuration((now.getTime() - lastContactAt.getTime()) / 1000)}`
    : '';
  return {
    reason: 'OutOfContact',
    message: `the agent of '${name}' is out of contact${since}: what is said of it is the last that was known, and stays in force`,
    remedy: `in the cluster '${name}': kubectl -n isthmus-system get pods, and look at the agent's log; it needs a way out to the hub`,
  };
}

export function endpoints(route: Route): Step {
  const { verdict, exporter, host, namespace, name, isLocal } = route;
  const evidence = [`Service ${host}`, `EndpointSlice ${host}`];
  const command = `kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=${name}`;
  if (isLocal && verdict.fact.refusedReason) {
    return unknown('ENDPOINTS', exporter, {
      reason: 'EndpointsNotReported',
      message: `'${exporter.name}' reports no endpoints of ${host}, since its export is refused: ${verdict.fact.refusedMessage}`,
      remedy: inCluster(exporter, command),
      evidence,
    });
  }
  const ready = verdict.fact.groups.reduce((sum, group) => sum + group.ready, 0);
  if (ready === 0) {
    return broken('ENDPOINTS', exporter, {
      reason: 'NoReadyEndpoints',
      message: `${host} has no ready endpoint in '${exporter.name}' that is in the mesh`,
      remedy: inCluster(
        exporter,
        `${command}; make its Pods ready, each with a sidecar (label security.istio.io/tlsMode: istio)`,
      ),
      evidence,
    });
  }
  return ok('ENDPOINTS', exporter, `${ready} ready in '${exporter.name}'`, evidence);
}
