import type { ClusterFact } from '@isthmus/contracts';
import { type ClusterSettings, endpointsName } from '@isthmus/federation';
import type { Route, Scene } from './scene.js';
import { type Standing, standingOf } from './standing.js';
import { broken, type Fault, inCluster, ok, type Step, skipped, warned } from './steps.js';

/** Whether the caller's cluster was given the service. */
export function imported(route: Route): Step {
  const { picture, source, exporter, host, projected, isLocal, isSameNetwork } = route;
  if (isLocal) return skipped('IMPORT', source, 'a call within the cluster needs no import');
  const missing = withoutIstio(route, source) ?? withoutSidecars(route, source);
  if (missing) return broken('IMPORT', source, missing);
  const standing = standingOf(picture, source.id, 'Import', host, projected.import);
  const fault = refusal(route, 'Import', standing) ?? noticed(route, standing);
  if (fault) return broken('IMPORT', source, fault);
  if (isSameNetwork) {
    const near = standingOf(
      picture,
      source.id,
      'Endpoints',
      endpointsName(exporter.id, host),
      projected.endpoints.get(exporter.id)?.body,
    );
    const direct = refusal(route, 'Endpoints', near);
    if (direct) return broken('IMPORT', source, direct);
  }
  if (!standing.isCurrent) {
    return warned('IMPORT', source, {
      reason: 'ImportOutdated',
      message: `'${source.name}' has an earlier version of the import of ${host}, and that is in force`,
      remedy: `wait for its agent; if it does not catch up, see its log ${inCluster(source, 'kubectl -n isthmus-system logs deployment/isthmus-agent')}`,
      evidence: standing.objects,
    });
  }
  return ok('IMPORT', source, `${host} is imported in '${source.name}'`, standing.objects);
}

/** Why an intent did not become what it says in the caller's cluster; undefined if it did. */
function refusal(route: Scene, type: string, standing: Standing): Fault | undefined {
  const { source, host } = route;
  if (standing.state === 'STORED') return undefined;
  if (standing.state === 'UNSENT') {
    return {
      reason: 'ImportNotSent',
      message: `the agent of '${source.name}' has not said anything of the ${type} of ${host} yet`,
      remedy: `see whether it is connected: cluster(id: "${source.id}") { status heldRemovals }`,
    };
  }
  const isRefused = standing.state === 'REFUSED';
  return {
    reason: standing.reason || (isRefused ? 'ImportRefused' : 'ImportPending'),
    message: `the import of ${host} ${isRefused ? 'is refused in' : 'waits in'} '${source.name}': ${standing.message}`,
    remedy: importRemedy(route, standing),
    evidence: standing.objects,
  };
}

/** What was left out of an import that was stored, as far as this call needs it. */
function noticed(route: Route, { reason, message, objects }: Standing): Fault | undefined {
  const { source, question, isClusterset, host, fqdn } = route;
  const lacks = (sentence: RegExp): boolean => {
    const ports = sentence.exec(message)?.[1]?.split(/,\s*/) ?? [];
    return question.port !== undefined && ports.includes(String(question.port));
  };
  if (lacks(/lacks port ([\d, ]+) of the import/)) {
    return {
      reason: 'LocalServicePortsDiffer',
      message: `the Service ${host} of '${source.name}' lacks port ${question.port}: ${message}`,
      remedy: inCluster(source, `kubectl -n ${route.namespace} edit service ${route.name}`),
      evidence: [`Service ${host}`, ...objects],
    };
  }
  if (isClusterset && lacks(/port ([\d, ]+) is not served at/)) {
    return {
      reason: 'ClusterSetPortsLeftOut',
      message: `${reason}: ${message}`,
      remedy: `call ${fqdn}, or declare the port's protocol by its name or appProtocol where the service is exported`,
      evidence: objects,
    };
  }
  return undefined;
}

function importRemedy({ source, namespace, name, host }: Scene, standing: Standing): string {
  const edit = `kubectl -n ${namespace} edit service ${name}`;
  switch (standing.reason) {
    case 'NamespaceNotFound':
      return inCluster(
        source,
        `kubectl create namespace ${namespace} && kubectl label namespace ${namespace} istio-injection=enabled`,
      );
    case 'KindNotServed':
      return inCluster(
        source,
        'install the CRDs that the message names, with Istio or by themselves',
      );
    case 'NotOurs':
      return inCluster(
        source,
        'delete or rename the object that the message names, or hand it over: kubectl annotate … isthmus.dev/adopt=true',
      );
    case 'LocalServiceExternalName':
    case 'LocalServiceWithoutSelector':
      return inCluster(
        source,
        `kubectl -n ${namespace} delete service ${name}; one for the import is made in its place`,
      );
    case 'LocalServiceHeadless':
      return inCluster(source, `make the Service ${host} anew with a cluster IP`);
    case 'LocalServicePortsUnserved':
    case 'SelectorShared':
      return inCluster(source, edit);
    case 'HeadlessNotSupported':
      return 'export a Service with a cluster IP in its place';
    default:
      return inCluster(
        source,
        'kubectl -n isthmus-system logs deployment/isthmus-agent, and do as the message says',
      );
  }
}

/** Whether an agent may not read all: what it does not tell of is not therefore missing. */
export function isBlind({ conditions }: ClusterFact): boolean {
  return conditions.some(({ type, status }) => type === 'Permitted' && status === 'False');
}

/** Istio is not there: nothing in this cluster takes part in a mesh. */
export function withoutIstio({ picture }: Scene, cluster: ClusterSettings): Fault | undefined {
  const fact = picture.facts.agents.get(cluster.id)?.fact;
  if (!fact) return undefined;
  const missing = fact.conditions.find(
    ({ type, status }) => type === 'IstioMissing' && status === 'True',
  );
  if (!missing && (fact.capabilities.includes('istio-crds') || isBlind(fact))) return undefined;
  return {
    reason: 'IstioMissing',
    message: `'${cluster.name}' has no Istio: ${missing?.message ?? 'it serves no WorkloadEntry and ServiceEntry (networking.istio.io)'}`,
    remedy: inCluster(cluster, 'istioctl install, or helm install istio-base and istiod'),
    evidence: ['Namespace istio-system'],
  };
}

function withoutSidecars({ picture }: Scene, cluster: ClusterSettings): Fault | undefined {
  const found = picture.facts.agents
    .get(cluster.id)
    ?.fact?.conditions.find(
      ({ type, status }) => type === 'DataPlaneUnsupported' && status === 'True',
    );
  return (
    found && {
      reason: 'DataPlaneUnsupported',
      message: `'${cluster.name}' has no sidecars: ${found.message}`,
      remedy: inCluster(
        cluster,
        'kubectl label namespace <namespace> istio-injection=enabled istio.io/dataplane-mode-, and restart its workloads',
      ),
    }
  );
}
