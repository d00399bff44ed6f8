import { type ClusterSettings, projectCluster } from '@isthmus/federation';
import { shownDuration } from '@isthmus/fleet';
import { clientTlsOf } from './mutual-tls.js';
import { configured, type Route } from './scene.js';
import { nameOf } from './selection.js';
import { standingOf } from './standing.js';
import { broken, type Fault, inCluster, ok, type Step, skipped, unknown, warned } from './steps.js';

/** Whether both clusters sign under anchors that the other one trusts. */
export function trust(route: Route): Step {
  const { picture, source, exporter, isLocal } = route;
  if (isLocal) return skipped('TRUST', source, 'one istiod signs for both');
  const { anchors } = picture.settings.trust;
  if (anchors.length === 0) {
    return broken('TRUST', undefined, {
      reason: 'NoTrustAnchor',
      message: 'the mesh has no trust anchor yet',
      remedy: 'wait for the worker to make one; if it does not, see its log',
    });
  }
  let doubt: Step | undefined;
  const evidence: string[] = [];
  for (const cluster of [source, exporter]) {
    const fault = certificateFault(route, cluster);
    if (fault) return broken('TRUST', cluster, fault);
    const standing = standingOf(picture, cluster.id, 'TrustBundle', 'trust', route.trustBundle);
    evidence.push(...standing.objects);
    if (standing.state !== 'STORED') {
      return broken('TRUST', cluster, {
        reason: standing.reason || 'AnchorsNotThere',
        message: `'${cluster.name}' does not have the trust anchors of the mesh: ${standing.message || 'its agent has not said anything of them yet'}`,
        remedy: secretRemedy(cluster, standing.reason),
        evidence: standing.objects,
      });
    }
    if (!standing.isCurrent) {
      doubt ??= unknown('TRUST', cluster, {
        reason: 'AnchorsDiffer',
        message: `'${cluster.name}' has an earlier set of trust anchors, which may lack the one under which the other cluster signs`,
        remedy: `see that its agent is connected, and restart nothing until it has the anchors: mesh { trust { anchors { fingerprint } } }`,
        evidence: standing.objects,
      });
    }
  }
  return (
    doubt ??
    ok(
      'TRUST',
      exporter,
      `both sign under the ${anchors.length === 1 ? 'anchor' : 'anchors'} of '${picture.settings.mesh.trustDomain}'`,
      evidence,
    )
  );
}

function certificateFault({ picture }: Route, cluster: ClusterSettings): Fault | undefined {
  const { now, settings } = picture;
  const signing = settings.trust.signing.get(cluster.id);
  const subject = `the signing certificate of '${cluster.name}'`;
  const agent = inCluster(cluster, 'kubectl -n isthmus-system logs deployment/isthmus-agent');
  if (!signing) {
    return {
      reason: 'CertificateMissing',
      message: `'${cluster.name}' has no signing certificate: its agent has asked for none, or the worker has not signed it yet`,
      remedy: `see that the agent runs and reports (${agent}), and that the worker does`,
    };
  }
  if (signing.notBefore > now) {
    return {
      reason: 'CertificateNotYetValid',
      message: `${subject} is not valid yet, but in ${between(now, signing.notBefore)}`,
      remedy: "set the database's clock right",
    };
  }
  if (signing.notAfter <= now) {
    return {
      reason: 'CertificateExpired',
      message: `${subject} expired ${between(signing.notAfter, now)} ago`,
      remedy: `bring its agent back, which asks for the next one by itself: ${agent}`,
      evidence: ['Secret istio-system/cacerts'],
    };
  }
  const [, bodies] =
    projectCluster(settings, cluster.id).find(([type]) => type.name === 'SigningCertificate') ?? [];
  const standing = standingOf(
    picture,
    cluster.id,
    'SigningCertificate',
    'signing',
    bodies?.get('signing'),
  );
  if (standing.state === 'STORED') return undefined;
  return {
    reason: standing.reason || 'CertificateNotThere',
    message: `${subject} is not in force there: ${standing.message || 'its agent has not said anything of it yet'}`,
    remedy: secretRemedy(cluster, standing.reason),
    evidence: [...standing.objects, 'Secret istio-system/cacerts'],
  };
}

function between(from: Date, to: Date): string {
  return shownDuration((to.getTime() - from.getTime()) / 1000);
}

function secretRemedy(cluster: ClusterSettings, reason: string): string {
  if (reason === 'NotOurs') {
    return inCluster(
      cluster,
      'kubectl -n istio-system annotate secret cacerts isthmus.dev/adopt=true (or delete it), then restart istiod and the workloads',
    );
  }
  if (reason === 'NamespaceNotFound') {
    return inCluster(cluster, 'install Istio, which makes the namespace istio-system');
  }
  return inCluster(
    cluster,
    'kubectl -n istio-system get secret cacerts -o yaml, and kubectl -n isthmus-system logs deployment/isthmus-agent',
  );
}

/** Whether the names that the caller expects are those of the pods. */
export function san(route: Route): Step {
  const { picture, verdict, source, exporter, host, called, namespace, question, isLocal } = route;
  if (isLocal) return skipped('SAN', exporter, 'istiod knows the pods');
  const groups = verdict.fact.groups.filter(({ ready }) => ready > 0);
  const { trustDomain } = picture.settings.mesh;
  const idOf = (account: string) => `spiffe://${trustDomain}/ns/${namespace}/sa/${account}`;
  const ids = [...new Set(groups.flatMap(({ serviceAccount }) => serviceAccount || []))]
    .sort()
    .map(idOf);
  const tls = clientTlsOf(configured(picture, source), {
    host: called,
    namespace,
    from: question.fromNamespace,
    port: question.port,
  });
  const names = tls?.subjectAltNames ?? [];
  const unnamed = groups.filter(({ serviceAccount }) => serviceAccount === '');
  const others = names.length > 0 ? ids.filter((id) => !names.includes(id)) : [];
  if (tls && names.length > 0 && (others.length > 0 || ids.length === 0)) {
    const fault = {
      reason: 'SubjectAltNamesDiffer',
      message: `${nameOf(tls.by)} expects ${names.join(', ')}, and pods of ${host} in '${exporter.name}' are ${others.join(', ') || 'of no known account'}`,
      remedy: `take subjectAltNames out of ${nameOf(tls.by)}, or name ${others.join(', ') || 'the accounts of the pods'} there, and release it (applyConfiguration)`,
      evidence: [nameOf(tls.by)],
    };
    if (others.length < ids.length) return warned('SAN', source, fault);
    return unnamed.length > 0 ? unknown('SAN', source, fault) : broken('SAN', source, fault);
  }
  if (unnamed.length > 0) {
    const fault = {
      reason: 'ServiceAccountUnknown',
      message: `'${exporter.name}' does not tell the service account of ${unnamed.reduce((sum, { ready }) => sum + ready, 0)} endpoints of ${host}; callers expect ${idOf('default')} of them`,
      remedy: inCluster(
        exporter,
        `kubectl -n ${namespace} get pods -o custom-columns=NAME:.metadata.name,ACCOUNT:.spec.serviceAccountName`,
      ),
      evidence: [`Service ${host}`],
    };
    return ids.length === 0 ? unknown('SAN', exporter, fault) : warned('SAN', exporter, fault);
  }
  return ok('SAN', exporter, `callers expect ${ids.join(', ')}`, [`Service ${host}`]);
}
