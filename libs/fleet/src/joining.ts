import { backdateMs, lifeMs } from './enrolment.js';
import type { JoiningRecord } from './joining-records.js';

/** The steps of joining, in their order. */
export const joiningStepNames = [
  'HELM_COMMAND',
  'CALLED',
  'JOINED',
  'CONNECTED',
  'READ',
  'PERMITTED',
  'ISTIO',
  'NETWORK',
  'TRUSTED',
] as const;
export type JoiningStepName = (typeof joiningStepNames)[number];

/** ACTIVE is the one that is waited for; WAITING ones come after it. */
export type JoiningState = 'DONE' | 'ACTIVE' | 'WAITING' | 'FAILED';

export interface JoiningStep {
  readonly name: JoiningStepName;
  readonly state: JoiningState;
  /** When it was done, or failed, as far as that is known. */
  readonly at: Date | null;
  /** A stable code when something is wrong, also with a step that is done. */
  readonly reason: string | null;
  readonly message: string;
  /** What to do; null if there is nothing to do. */
  readonly remedy: string | null;
}

export interface Joining {
  readonly done: boolean;
  readonly steps: readonly JoiningStep[];
}

/** What an agent said of an intent. */
export interface ReportedIntent {
  readonly stored: 'UNKNOWN' | 'PENDING' | 'YES' | 'REFUSED';
  readonly reason: string;
  readonly message: string;
  readonly reportedAt: Date | null;
}

/** What the agent of a cluster reported, as far as joining is concerned. */
export interface JoiningReport {
  readonly cluster?:
    | {
        readonly agentVersion: string;
        readonly kubernetesVersion: string;
        readonly observedNetwork: string;
        readonly capabilities: readonly string[];
        readonly istioVersions: readonly string[];
        readonly conditions: readonly {
          readonly type: string;
          readonly status: string;
          readonly reason: string;
          readonly message: string;
        }[];
        readonly reportedAt: Date;
      }
    | undefined;
  readonly settings?: ReportedIntent | undefined;
  readonly trustBundle?: ReportedIntent | undefined;
  readonly signingCertificate?: ReportedIntent | undefined;
}

/** So long nothing need be wrong. */
const patienceMs = 120_000;
/** A refused attempt is repeated every five minutes; one that is so old is over. */
const attemptLifeMs = 3_600_000;
/** Clocks that differ by more are told of, in seconds. */
const skewOfNote = 300;
/** The first that serves networking.istio.io/v1, which the agent writes. */
const oldestIstio = '1.22';

const look =
  'kubectl -n isthmus-system get pods; kubectl -n isthmus-system describe pods -l app.kubernetes.io/name=isthmus-agent (is it scheduled, is its image pulled?); kubectl -n isthmus-system logs deployment/isthmus-agent (what does it say?)';
const joinAnew = 'make a new join token, and run its Helm command in the cluster';

const remedies: Readonly<Record<string, string>> = {
  JOIN_TOKEN_USED: `${joinAnew}; if nobody of yours used this one, find out who did`,
  JOIN_TOKEN_EXPIRED: joinAnew,
  CLUSTER_REMOVED:
    'register the cluster anew, or uninstall the agent: helm uninstall isthmus-agent -n isthmus-system',
  CLUSTER_LOCKED: `stop the agent that should not be there, unlock the cluster, then ${joinAnew}`,
  CSR_MALFORMED: 'install the chart that belongs to this plane: run the Helm command again',
  CLOCK_SKEW:
    'set the clock of the node by NTP (timedatectl, chronyc tracking), then restart the agent: kubectl -n isthmus-system rollout restart deployment/isthmus-agent',
};

const refusals: Readonly<Record<string, string>> = {
  JOIN_TOKEN_USED: 'the agent came with a join token that another agent had used already',
  JOIN_TOKEN_EXPIRED: 'the agent came with a join token that had expired',
  CLUSTER_REMOVED: 'the agent came, but the cluster was removed from its mesh',
  CLUSTER_LOCKED: 'the agent came, but the cluster is locked',
};

/**
 * How far a cluster has come in joining its mesh, and what keeps it. A step is DONE when what is
 * stored says so, whatever the ones before it; of those that are not, the first is ACTIVE unless
 * it FAILED.
 *
 * @param hubAddress host:port, as agents are told.
 */
export function joiningOf(
  record: JoiningRecord,
  report: JoiningReport,
  hubAddress: string,
): Joining {
  const entry = enteringSteps(record, hubAddress);
  const isJoined = entry.every(({ state }) => state === 'DONE');
  // What was reported before a cluster has to join anew says nothing of what will be then.
  const rest = isJoined
    ? [connected(record), ...reportedSteps(record, report)]
    : joiningStepNames.slice(3).map((name) => waiting(name, 'comes when the cluster has joined'));
  return inOrder([...entry, ...rest]);
}

/** Of the steps that are not done and did not fail, only the first of all is waited for. */
function inOrder(steps: readonly JoiningStep[]): Joining {
  const first = steps.findIndex(({ state }) => state !== 'DONE');
  return {
    done: first < 0,
    steps: steps.map((step, index) => {
      if (step.state !== 'ACTIVE' && step.state !== 'WAITING') return step;
      return { ...step, state: index === first ? 'ACTIVE' : 'WAITING' };
    }),
  };
}

/** HELM_COMMAND, CALLED and JOINED. */
function enteringSteps(record: JoiningRecord, hubAddress: string): JoiningStep[] {
  const { token, now, removedAt } = record;
  if (removedAt) {
    return [
      done('HELM_COMMAND', token?.createdAt ?? null, 'the join token was made'),
      done('CALLED', record.joinedAt, 'the agent came'),
      failed('JOINED', removedAt, 'CLUSTER_REMOVED', 'the cluster was removed from its mesh'),
    ];
  }
  if (hasJoined(record)) return joinedSteps(record);
  // One that was let in, and is not in any more, says nothing of the next.
  const last = currentAttempt(record);
  const attempt = last?.code ? last : null;
  const called = attempt
    ? done('CALLED', attempt.at, calledMessage(attempt))
    : notCalled(record, hubAddress);
  const joined = attempt?.code
    ? failed('JOINED', attempt.at, attempt.code, refusalOf(attempt.code))
    : waiting('JOINED', 'the agent shows its join token and gets a certificate');
  return [helmCommand(token, now), called, skewed(joined, record)];
}

/** Whether it has a certificate to connect with, and nobody is about to give it another one. */
function hasJoined(record: JoiningRecord): boolean {
  const { status, certificate, token, now } = record;
  if (!certificate) return false;
  if (status !== 'PENDING' && status !== 'OUT_OF_CONTACT') return true;
  // It is away: a token that was made since is for joining again, and a refusal tells of one that tries.
  if (token && !token.usedAt && token.expiresAt > now) return false;
  const attempt = currentAttempt(record);
  const since = Math.max(record.lastContactAt?.getTime() ?? 0, record.joinedAt?.getTime() ?? 0);
  return !attempt?.code || attempt.at.getTime() <= since;
}

/** The last attempt, if it was made with the newest token, or after it had been made. */
function currentAttempt({ attempt, token, now }: JoiningRecord): JoiningRecord['attempt'] {
  if (!attempt || (token && attempt.at < token.createdAt)) return null;
  const isOld = now.getTime() - attempt.at.getTime() > attemptLifeMs;
  return isOld && token?.usedAt ? null : attempt;
}

function joinedSteps(record: JoiningRecord): JoiningStep[] {
  const { token, joinedAt, attempt, certificate } = record;
  const at = joinedAt ?? certificate?.issuedAt ?? null;
  const joined = done('JOINED', at, 'the token was taken, and a certificate issued');
  const refused = currentAttempt(record);
  const warned =
    refused?.code && joinedAt && refused.at > joinedAt
      ? warn(
          joined,
          refused.code,
          `${joined.message}; since then ${refusalOf(refused.code)}`,
          'look for a second agent: the Helm command may have been run in another cluster too',
        )
      : joined;
  const calledMessageOrNone = attempt?.code ? 'the agent has called' : calledMessage(attempt);
  return [
    done('HELM_COMMAND', token?.createdAt ?? null, 'the join token was made, and used'),
    done('CALLED', attempt?.code ? at : (attempt?.at ?? at), calledMessageOrNone),
    skewed(warned, record),
  ];
}

function helmCommand(token: JoiningRecord['token'], now: Date): JoiningStep {
  if (!token || token.usedAt) {
    const message = token
      ? 'the join token was used, and the cluster has to join anew'
      : 'there is no join token';
    return { ...active('HELM_COMMAND', message), remedy: joinAnew };
  }
  if (token.expiresAt <= now) {
    const message = 'the join token has expired without being used';
    return failed('HELM_COMMAND', token.expiresAt, 'JOIN_TOKEN_EXPIRED', message);
  }
  const left = shownDuration((token.expiresAt.getTime() - now.getTime()) / 1000);
  const message = `the join token is made; it is good for one agent, for another ${left}`;
  return done('HELM_COMMAND', token.createdAt, message);
}

function notCalled({ token, now }: JoiningRecord, hubAddress: string): JoiningStep {
  const waited = token && !token.usedAt ? now.getTime() - token.createdAt.getTime() : 0;
  if (waited < patienceMs) {
    return active('CALLED', `the agent calls ${hubAddress} once the Helm command has been run`);
  }
  const message = `no agent has called ${hubAddress} yet. If the Helm command has been run, its Pod is not scheduled, its image is not pulled, the cluster has no way out to ${hubAddress} (firewall, egress policy, a proxy that breaks TLS), or the clock of the node is off by hours`;
  return { ...active('CALLED', message), reason: 'AGENT_SILENT', remedy: look };
}

function calledMessage(attempt: JoiningRecord['attempt']): string {
  return attempt?.version
    ? `an agent of version ${attempt.version} has called`
    : 'the agent has called';
}

function refusalOf(code: string): string {
  return refusals[code] ?? `the agent came, and was refused: ${code}`;
}

/** Tells of a clock that is off; one that is so by more than a certificate bears is a failure. */
function skewed(step: JoiningStep, { clockSkew, status }: JoiningRecord): JoiningStep {
  if (clockSkew === null || Math.abs(clockSkew) <= skewOfNote || step.reason !== null) return step;
  const direction = clockSkew > 0 ? 'ahead of' : 'behind';
  const off = `the agent's clock is ${shownDuration(Math.abs(clockSkew))} ${direction} ours`;
  const isUnusable = clockSkew < -backdateMs / 1000 || clockSkew > lifeMs / 1000;
  if (step.state === 'DONE' && isUnusable && status !== 'CONNECTED') {
    const when = clockSkew > 0 ? 'over already' : 'not valid yet';
    return failed('JOINED', step.at, 'CLOCK_SKEW', `${off}: by it the certificate is ${when}`);
  }
  return warn(step, 'CLOCK_SKEW', `${step.message}; ${off}`, remedies.CLOCK_SKEW ?? null);
}

/** Such as `5 min`, for people to read. */
export function shownDuration(seconds: number): string {
  if (seconds < 7_200) return `${Math.max(1, Math.round(seconds / 60))} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

function connected(record: JoiningRecord): JoiningStep {
  const { status, now, certificate, connectedAt, lastContactAt, lockedAt, lockReason } = record;
  if (status === 'CONNECTED') return done('CONNECTED', connectedAt, 'the streams are open');
  if (status === 'LOCKED') {
    const message = `the cluster is locked: ${lockReason ?? 'no reason given'}`;
    return failed('CONNECTED', lockedAt, 'CLUSTER_LOCKED', message);
  }
  const since = Math.max(lastContactAt?.getTime() ?? 0, certificate?.issuedAt.getTime() ?? 0);
  const isLate = now.getTime() - since > patienceMs;
  if (status === 'OUT_OF_CONTACT' && isLate) {
    const isExpired = certificate !== null && certificate.notAfter < now;
    const message = 'nothing is heard of the agent any more';
    const remedy = isExpired
      ? `${look}; it comes back by itself for 30 days after its certificate has ended, then ${joinAnew}`
      : look;
    return { ...failed('CONNECTED', lastContactAt, 'OUT_OF_CONTACT', message), remedy };
  }
  const message = 'the agent opens its streams when it has read the cluster';
  if (!isLate) return active('CONNECTED', message);
  const late = `${message}, and has not yet: it cannot reach its API server, or what is between it and the hub ends long HTTP/2 streams`;
  return { ...active('CONNECTED', late), reason: 'STREAMS_MISSING', remedy: look };
}

/** READ, PERMITTED, ISTIO, NETWORK and TRUSTED. */
function reportedSteps(record: JoiningRecord, report: JoiningReport): JoiningStep[] {
  const { cluster } = report;
  if (!cluster) {
    return [
      active('READ', 'the agent reads the cluster'),
      ...joiningStepNames.slice(5).map((name) => waiting(name, 'the agent has to tell first')),
    ];
  }
  const permitted = permittedStep(report, cluster);
  const isPermitted = permitted.state === 'DONE';
  const istio = istioStep(cluster, isPermitted);
  const network = networkStep(record.network, report, cluster, istio);
  return [
    done(
      'READ',
      cluster.reportedAt,
      `Kubernetes ${cluster.kubernetesVersion || 'of unknown version'}, read by agent ${cluster.agentVersion}`,
    ),
    permitted,
    istio,
    network,
    trustedStep(report),
  ];
}

type ClusterReport = NonNullable<JoiningReport['cluster']>;

function conditionOf({ conditions }: ClusterReport, type: string, status = 'True') {
  return conditions.find((each) => each.type === type && each.status === status);
}

function permittedStep(report: JoiningReport, cluster: ClusterReport): JoiningStep {
  const condition = conditionOf(cluster, 'Permitted', 'False');
  const { settings, trustBundle, signingCertificate } = report;
  const refused = [settings, signingCertificate, trustBundle].find(
    (intent) => intent?.stored === 'REFUSED' && intent.reason === 'Forbidden',
  );
  if (!condition && !refused) {
    return done('PERMITTED', cluster.reportedAt, 'the agent may read and write what it has to');
  }
  const at = condition ? cluster.reportedAt : (refused?.reportedAt ?? null);
  const words = condition?.message ?? refused?.message ?? '';
  return {
    ...failed('PERMITTED', at, 'FORBIDDEN', `the agent lacks a permission: ${words}`),
    remedy:
      'install the chart again with its ClusterRole and Roles (helm upgrade isthmus-agent), or have whoever took the right away give it back; kubectl auth can-i --list --as system:serviceaccount:isthmus-system:isthmus-agent tells what the agent may',
  };
}

const installIstio = `install istiod ${oldestIstio} or newer with ISTIO_MULTIROOT_MESH=true in its environment, so that it takes new trust anchors`;

function istioStep(cluster: ClusterReport, isPermitted: boolean): JoiningStep {
  const versions = cluster.istioVersions.join(', ');
  const missing = conditionOf(cluster, 'IstioMissing');
  const unsupported = conditionOf(cluster, 'DataPlaneUnsupported');
  const at = cluster.reportedAt;
  if (unsupported) {
    return {
      ...failed('ISTIO', at, 'DATA_PLANE_UNSUPPORTED', unsupported.message),
      remedy: 'label a namespace istio-injection=enabled, so that its workloads have sidecars',
    };
  }
  if (!missing && cluster.capabilities.includes('istio-crds')) {
    const step = done(
      'ISTIO',
      at,
      versions
        ? `Istio ${versions}`
        : "Istio's definitions are there; the version of istiod is unknown, since no Service of it says it",
    );
    if (cluster.capabilities.includes('gateway-api')) return step;
    return warn(
      step,
      'GATEWAY_API_MISSING',
      `${step.message}; the definitions of the Gateway API are not there, and without them no remote network can be entered`,
      'install the standard channel of the Gateway API',
    );
  }
  // An agent that may not read does not see it either.
  if (!isPermitted) return waiting('ISTIO', 'the agent needs its permissions to tell');
  const message =
    missing?.message ??
    (versions
      ? `there is istiod ${versions}, but the definitions of networking.istio.io/v1 are not`
      : 'there is no Istio: neither its definitions nor an istiod');
  return { ...failed('ISTIO', at, 'ISTIO_MISSING', message), remedy: installIstio };
}

function networkStep(
  network: string,
  { settings }: JoiningReport,
  cluster: ClusterReport,
  istio: JoiningStep,
): JoiningStep {
  const label = `topology.istio.io/network=${network}`;
  const at = cluster.reportedAt;
  if (cluster.observedNetwork === network) {
    return done('NETWORK', at, `istio-system is labelled ${label}`);
  }
  if (cluster.observedNetwork !== '') {
    const message = `istio-system is labelled topology.istio.io/network=${cluster.observedNetwork}, but the cluster is registered in the network ${network}`;
    return {
      ...failed('NETWORK', at, 'NETWORK_MISMATCH', message),
      remedy: `kubectl label namespace istio-system ${label} --overwrite, or have the cluster be in the network ${cluster.observedNetwork}: updateCluster`,
    };
  }
  if (settings?.stored === 'REFUSED' && istio.state === 'DONE') {
    const { reason, message, reportedAt } = settings;
    return {
      ...failed('NETWORK', reportedAt, codeOf(reason), message),
      remedy: `kubectl label namespace istio-system ${label}`,
    };
  }
  return waiting('NETWORK', `the agent labels istio-system ${label}`);
}

function trustedStep({ signingCertificate, trustBundle }: JoiningReport): JoiningStep {
  const both = [signingCertificate, trustBundle];
  const refused = both.find((intent) => intent?.stored === 'REFUSED');
  if (refused) {
    const { reason, message, reportedAt } = refused;
    const remedy =
      reason === 'NotOurs'
        ? 'kubectl -n istio-system annotate secret cacerts isthmus.dev/adopt=true hands it over; then restart istiod and the workloads, so that they are under the root of the mesh'
        : look;
    return { ...failed('TRUSTED', reportedAt, codeOf(reason), message), remedy };
  }
  if (both.every((intent) => intent?.stored === 'YES')) {
    const at = signingCertificate?.reportedAt ?? null;
    // Whether istiod has read it since is not reported.
    const message =
      'the authority is there, as Secret cacerts; an istiod that started without that Secret takes it when it is restarted, and workloads when they are';
    return done('TRUSTED', at, message);
  }
  const pending = both.find((intent) => intent?.stored === 'PENDING')?.message;
  const message = signingCertificate
    ? 'the certificate is signed; the agent stores it as Secret cacerts'
    : 'the plane signs the certificate with which istiod will sign';
  return waiting('TRUSTED', pending || message);
}

/** Agents give reasons as Kubernetes does: `NotOurs` is NOT_OURS. */
function codeOf(reason: string): string {
  return reason.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase() || 'REFUSED';
}

function step(name: JoiningStepName, state: JoiningState, at: Date | null, message: string) {
  return { name, state, at, reason: null, message, remedy: null };
}

function done(name: JoiningStepName, at: Date | null, message: string): JoiningStep {
  return step(name, 'DONE', at, message);
}

function active(name: JoiningStepName, message: string): JoiningStep {
  return step(name, 'ACTIVE', null, message);
}

function waiting(name: JoiningStepName, message: string): JoiningStep {
  return step(name, 'WAITING', null, message);
}

function failed(
  name: JoiningStepName,
  at: Date | null,
  reason: string,
  message: string,
): JoiningStep {
  return { ...step(name, 'FAILED', at, message), reason, remedy: remedies[reason] ?? look };
}

function warn(
  warned: JoiningStep,
  reason: string,
  message: string,
  remedy: string | null,
): JoiningStep {
  return { ...warned, reason, message, remedy };
}
