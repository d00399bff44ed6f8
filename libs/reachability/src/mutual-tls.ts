import { compareText } from '@isthmus/federation';
import type { ConfigurationObject } from '@isthmus/releases';
import { istioNamespace, listOf, objectOf, type Pods, selectorText, selects } from './selection.js';

/** What a release says of a workload's mutual TLS; UNSET is Istio's PERMISSIVE. */
export type MutualTlsMode = 'STRICT' | 'PERMISSIVE' | 'DISABLE' | 'UNSET';

export interface MutualTls {
  readonly mode: MutualTlsMode;
  /** What says so; undefined for UNSET. */
  readonly by: ConfigurationObject | undefined;
  /** Those whose pods the plane cannot tell: each may be what holds. */
  readonly doubtful: readonly ConfigurationObject[];
}

/**
 * The mode that holds at the pods of a service: of its port, of its workload, of its namespace, of
 * the mesh, whichever speaks first. Of several of one scope Istio takes the oldest; here the first by
 * name, as the checks of a release let no two of them in.
 *
 * @param port of the pods; undefined for the workload's own mode.
 */
export function mutualTlsOf(
  objects: Iterable<ConfigurationObject>,
  pods: Pods,
  port: number | undefined,
): MutualTls {
  const all = [...objects]
    .filter(({ kind }) => kind === 'PeerAuthentication')
    .sort((a, b) => compareText(a.name, b.name));
  const isOfWorkload = (object: ConfigurationObject) => selectorText(object) !== '';
  const chosen = all.filter(
    (object) => object.namespace === pods.namespace && isOfWorkload(object),
  );
  const doubtful = chosen.filter((object) => selects(object, pods) === 'unknown');
  const scopes = [
    ...chosen.filter((object) => selects(object, pods) === 'yes'),
    ...[pods.namespace, istioNamespace].flatMap((namespace) =>
      all.filter((object) => object.namespace === namespace && !isOfWorkload(object)),
    ),
  ];
  for (const by of scopes) {
    const mode =
      (port === undefined ? undefined : modeOf(objectOf(by.spec.portLevelMtls)[String(port)])) ??
      modeOf(by.spec.mtls);
    if (mode) return { mode, by, doubtful };
  }
  return { mode: 'UNSET', by: undefined, doubtful };
}

/** UNSET inherits. */
function modeOf(value: ConfigurationObject['spec'][string] | undefined): MutualTlsMode | undefined {
  const { mode } = objectOf(value);
  return mode === 'STRICT' || mode === 'PERMISSIVE' || mode === 'DISABLE' ? mode : undefined;
}

/** How a caller is told to speak TLS to a host; undefined if it is left to Istio. */
export interface ClientTls {
  readonly mode: string;
  readonly subjectAltNames: readonly string[];
  readonly by: ConfigurationObject;
}

/**
 * What a DestinationRule tells callers of a namespace: the caller's own namespace speaks first, then
 * the service's, then istio-system. `cluster.local` patterns are looked up from the most exact.
 *
 * @param host such as `payments.shop.svc.cluster.local`.
 */
export function clientTlsOf(
  objects: Iterable<ConfigurationObject>,
  {
    host,
    namespace,
    from,
    port,
  }: { host: string; namespace: string; from: string; port: number | undefined },
): ClientTls | undefined {
  const rules = [...objects].filter(({ kind }) => kind === 'DestinationRule');
  for (const scope of new Set([from, namespace, istioNamespace])) {
    const found = rules
      .filter((rule) => rule.namespace === scope && isForHost(rule, host) && isExported(rule, from))
      .sort(
        (a, b) =>
          Number(hostOf(a).startsWith('*')) - Number(hostOf(b).startsWith('*')) ||
          hostOf(b).length - hostOf(a).length ||
          compareText(a.name, b.name),
      );
    const [by] = found;
    if (by) {
      const policy = objectOf(by.spec.trafficPolicy);
      const ofPort = listOf(policy.portLevelSettings)
        .map(objectOf)
        .find((settings) => port !== undefined && objectOf(settings.port).number === port);
      const settings = ofPort ? ofPort.tls : policy.tls;
      if (settings === undefined || settings === null) return undefined;
      const { mode, subjectAltNames } = objectOf(settings);
      return {
        // What is not said is the first of Istio's modes.
        mode: typeof mode === 'string' ? mode : 'DISABLE',
        subjectAltNames: listOf(subjectAltNames).map(String),
        by,
      };
    }
  }
  return undefined;
}

/** As a whole name: a short one is completed by the rule's namespace. */
function hostOf({ namespace, spec }: ConfigurationObject): string {
  const host = String(spec.host ?? '');
  return host.includes('.') || host.startsWith('*')
    ? host
    : `${host}.${namespace}.svc.cluster.local`;
}

function isForHost(rule: ConfigurationObject, host: string): boolean {
  const pattern = hostOf(rule);
  if (objectOf(rule.spec.workloadSelector).matchLabels !== undefined) return false;
  return pattern.startsWith('*') ? host.endsWith(pattern.slice(1)) : host === pattern;
}

function isExported({ namespace, spec }: ConfigurationObject, from: string): boolean {
  const to = listOf(spec.exportTo).map(String);
  if (to.length === 0) return true;
  return to.some((item) => item === '*' || item === from || (item === '.' && namespace === from));
}
