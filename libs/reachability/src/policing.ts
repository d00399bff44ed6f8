import { type ConfigurationObject, configurationOf } from '@isthmus/releases';
import { actionOf, type Call, decide, summaryOf } from './authorization.js';
import { clientTlsOf, mutualTlsOf } from './mutual-tls.js';
import { configured, pendingRelease, podsOf, type Route } from './scene.js';
import {
  type Answer,
  istioNamespace,
  listOf,
  nameOf,
  objectOf,
  selectorText,
} from './selection.js';
import { broken, type Fault, ok, type Step, unknown, warned } from './steps.js';

/** Whether what the mesh's configuration says lets this caller in. */
export function policy(route: Route): Step {
  const { picture, source, exporter, host, called, namespace, question, isSameNetwork } = route;
  const pods = podsOf(picture, route);
  const objects = [...configured(picture, exporter)];
  const ports = portsOfPods(route);
  const server = mutualTlsOf(objects, pods, ports.length === 1 ? ports[0] || undefined : undefined);
  const client = clientTlsOf(configured(picture, source), {
    host: called,
    namespace,
    from: question.fromNamespace,
    port: question.port,
  });
  const isPlain = client !== undefined && client.mode !== 'ISTIO_MUTUAL';
  const hidden = sidecarFault(route);
  if (hidden?.isSure) return broken('POLICY', source, hidden.fault);
  const fault = tlsFault(route, server, client);
  if (fault) {
    const isByServer =
      fault.reason === 'MutualTlsDisabled' || (isSameNetwork && client?.mode === 'DISABLE');
    const lifting = server.doubtful.filter((object) =>
      modesOf(object).some((mode) => mode !== server.mode),
    );
    return isByServer && lifting.length > 0
      ? undecided(route, lifting)
      : broken('POLICY', exporter, fault);
  }

  const { trustDomain } = picture.settings.mesh;
  const call: Call = {
    isMutualTls: !isPlain && (!isSameNetwork || server.mode !== 'DISABLE'),
    trustDomain,
    namespace: question.fromNamespace,
    serviceAccount: question.fromServiceAccount,
    ports,
    isHttp: isHttp(route),
  };
  const caller = `spiffe://${trustDomain}/ns/${call.namespace}/sa/${call.serviceAccount}`;
  const decision = decide(objects, pods, call);
  const evidence = decision.by.map(nameOf);
  if (decision.verdict === 'denied') {
    const [first] = decision.by;
    const isDenial = decision.action === 'DENY';
    const texts = decision.by.slice(0, 3).map((by) => `${nameOf(by)} (${summaryOf(by)})`);
    return broken('POLICY', exporter, {
      reason: isDenial ? 'DeniedByPolicy' : 'NotAllowedByPolicy',
      message: `${isDenial ? `${texts.join(' and ')} denies` : `none of the policies that allow calls to ${host} lets in`} ${caller}${isDenial ? ` the way to ${host}` : `: ${texts.join(', ')}`}${portText(question.port)}`,
      remedy: `${isDenial ? 'take it out of' : 'add it to'} ${first ? nameOf(first) : 'the policy'}${placeOf(first)}, and release it (applyConfiguration)`,
      evidence,
    });
  }
  if (hidden) return unknown('POLICY', source, hidden.fault);
  const all = [
    ...(decision.verdict === 'unknown' ? decision.by : []),
    ...server.doubtful.filter((object) => mayEnd(object, isPlain)),
  ];
  if (all.length > 0) return undecided(route, all);
  const pending = pendingRelease(picture, exporter);
  if (pending !== undefined) {
    return warned('POLICY', exporter, {
      reason: 'ReleasePending',
      message: `release ${pending} lets ${caller} in, and '${exporter.name}' does not have all of it yet`,
      remedy: `see what is left: cluster(id: "${exporter.id}") { configuration { problems { object message } } }`,
      evidence,
    });
  }
  const release = configurationOf(picture.settings.configuration, exporter.id)?.release.number;
  return ok(
    'POLICY',
    exporter,
    release === undefined
      ? `'${exporter.name}' runs no release; policies of its own are not looked at`
      : `release ${release} lets ${caller} in; policies that are not of it are not looked at`,
    evidence,
  );
}

function undecided(
  { exporter, host, namespace }: Route,
  objects: readonly ConfigurationObject[],
): Step {
  return unknown('POLICY', exporter, {
    reason: 'PolicyUndecided',
    message: `it depends on what the plane cannot see: ${objects.slice(0, 3).map(doubtOf).join('; ')}`,
    remedy: `in the cluster '${exporter.name}': istioctl x authz check <pod of ${host}>.${namespace}`,
    evidence: objects.map(nameOf),
  });
}

/** Modes that a PeerAuthentication names, for its pods or for ports of theirs. */
function modesOf({ spec }: ConfigurationObject): string[] {
  return [spec.mtls, ...Object.values(objectOf(spec.portLevelMtls))]
    .map((value) => String(objectOf(value).mode ?? 'UNSET'))
    .filter((mode) => mode !== 'UNSET');
}

/** Whether a mode that may hold would end a call: STRICT and PERMISSIVE take mutual TLS alike. */
function mayEnd(object: ConfigurationObject, isPlain: boolean): boolean {
  return modesOf(object).includes(isPlain ? 'STRICT' : 'DISABLE');
}

/** Calls from other networks are mutual TLS, or nothing: the gateway opens none. */
function tlsFault(
  { isSameNetwork, isLocal, host, exporter, source }: Route,
  server: ReturnType<typeof mutualTlsOf>,
  client: ReturnType<typeof clientTlsOf>,
): Fault | undefined {
  const isPlain = client?.mode === 'DISABLE';
  if (server.mode === 'DISABLE' && server.by && !isSameNetwork) {
    const name = nameOf(server.by);
    return {
      reason: 'MutualTlsDisabled',
      message: `${name} has the pods of ${host} in '${exporter.name}' take no mutual TLS, and calls from other networks are nothing else`,
      remedy: `make the mode of ${name} PERMISSIVE or STRICT${placeOf(server.by)}, and release it (applyConfiguration)`,
      evidence: [name],
    };
  }
  const isRefused = isPlain ? server.mode === 'STRICT' || !isSameNetwork : false;
  const isOther = client !== undefined && ['SIMPLE', 'MUTUAL'].includes(client.mode);
  if (client && (isRefused || (isOther && !isLocal))) {
    const name = nameOf(client.by);
    const wanted =
      isSameNetwork && server.by
        ? `${nameOf(server.by)} wants mutual TLS`
        : 'the way there is Istio’s mutual TLS';
    return {
      reason: 'MutualTlsMismatch',
      message: `${name} has callers in '${source.name}' speak ${isPlain ? 'plain text' : client.mode} to ${host}, and ${wanted}`,
      remedy: `make trafficPolicy.tls.mode of ${name} ISTIO_MUTUAL, or leave it out${placeOf(client.by)}, and release it (applyConfiguration)`,
      evidence: [name, ...(server.by ? [nameOf(server.by)] : [])],
    };
  }
  return undefined;
}

function portsOfPods({ verdict, question }: Route): number[] {
  const offered = verdict.fact.ports.filter(
    ({ port }) => question.port === undefined || port === question.port,
  );
  return [...new Set(offered.map(({ targetPort }) => targetPort))];
}

const httpProtocols = [
  'http',
  'http2',
  'grpc',
  'grpc-web',
  'kubernetes.io/h2c',
  'kubernetes.io/ws',
];

/** As Istio reads a Service: appProtocol, else the name up to its first dash; else it looks. */
function isHttp({ verdict, question }: Route): Answer {
  const answers = verdict.fact.ports
    .filter(({ port }) => question.port === undefined || port === question.port)
    .map(({ appProtocol, name }): Answer => {
      const protocol = (appProtocol || (name.split('-')[0] ?? '')).toLowerCase();
      if (httpProtocols.includes(protocol)) return 'yes';
      return ['tcp', 'tls', 'https', 'mongo', 'mysql', 'redis'].includes(protocol)
        ? 'no'
        : 'unknown';
    });
  const [first = 'unknown'] = answers;
  return answers.every((answer) => answer === first) ? first : 'unknown';
}

/**
 * Whether the caller's sidecar is kept from knowing the host: what it does not know it sends to the
 * Service's address, behind which are only the pods of its own cluster. A Sidecar for chosen pods
 * comes before that of their namespace, and the caller's labels are not known: then it is not sure.
 */
function sidecarFault(route: Route): { isSure: boolean; fault: Fault } | undefined {
  const { picture, source, question, called, namespace, isLocal, host } = route;
  if (isLocal) return undefined;
  const from = question.fromNamespace;
  const sidecars = [...configured(picture, source)].filter(({ kind }) => kind === 'Sidecar');
  const [chosen, general] = [
    sidecars.filter(
      ({ spec, namespace: of }) => spec.workloadSelector !== undefined && of === from,
    ),
    sidecars.filter(({ spec }) => spec.workloadSelector === undefined),
  ];
  const common = [from, istioNamespace]
    .map((of) => general.find((sidecar) => sidecar.namespace === of))
    .find((sidecar) => sidecar !== undefined);
  const isHidden = common !== undefined && hides(common, route);
  const hiding = chosen.filter((sidecar) => hides(sidecar, route));
  const by = isHidden ? common : hiding[0];
  if (!by) return undefined;
  const isSure = isHidden && hiding.length === chosen.length;
  return {
    isSure,
    fault: {
      reason: 'HiddenBySidecar',
      message: `${nameOf(by)} ${isSure ? 'keeps' : 'may keep'} callers of ${from} in '${source.name}' from knowing ${host}: its egress names ${egressOf(by).slice(0, 5).join(', ')} alone${isSure ? '' : ', and which Sidecar is the caller’s depends on its labels'}`,
      remedy: `add "${namespace}/${called}" to spec.egress of ${nameOf(by)}${placeOf(by)}, and release it (applyConfiguration)`,
      evidence: [nameOf(by)],
    },
  };
}

function egressOf({ spec }: ConfigurationObject): string[] {
  return listOf(spec.egress).flatMap((egress) => listOf(objectOf(egress).hosts).map(String));
}

function hides(sidecar: ConfigurationObject, { called, namespace, question }: Route): boolean {
  const hosts = egressOf(sidecar);
  if (hosts.length === 0) return false;
  return !hosts.some((pattern) => {
    const [of = '', dns = ''] = pattern.split('/');
    const isThere =
      of === '*' || of === namespace || (of === '.' && namespace === question.fromNamespace);
    return isThere && (dns === called || (dns.startsWith('*') && called.endsWith(dns.slice(1))));
  });
}

function portText(port: number | undefined): string {
  return port === undefined ? '' : ` (port ${port})`;
}

function placeOf(object: ConfigurationObject | undefined): string {
  return object ? ` (${object.place.path}:${object.place.line})` : '';
}

function doubtOf(object: ConfigurationObject): string {
  const labels = selectorText(object);
  const of = labels ? ` for pods labelled ${labels}` : '';
  if (object.kind !== 'AuthorizationPolicy') return `${nameOf(object)} speaks${of}`;
  const text = actionOf(object) === 'CUSTOM' ? 'asks an external authorizer' : summaryOf(object);
  return `${nameOf(object)} says${of}: ${text}`;
}
