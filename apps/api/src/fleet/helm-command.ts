/** What the agent's chart is installed with, and where. */
export interface AgentChart {
  /** As `helm install` takes it: a folder, a URL or a name. */
  readonly chart: string;
  /** Of the chart; undefined: the newest. */
  readonly chartVersion: string | undefined;
  /** host:port at which agents reach the hub. */
  readonly hubAddress: string;
  /** PEM: what the hub's certificate is verified with. */
  readonly hubCa: string;
}

/** Of the Helm release, in every cluster. */
export const agentRelease = { name: 'isthmus-agent', namespace: 'isthmus-system' } as const;

/** In the place of a join token: the shell's own variable. */
export const joinTokenVariable = Symbol('ISTHMUS_JOIN_TOKEN');

/**
 * The one line that installs an agent, for a POSIX shell. Where the agent is installed already it has the cluster
 * join again, and keeps what was set of the chart's values besides. Helm 3.14 or newer.
 */
export function helmCommand(
  { chart, chartVersion, hubAddress, hubCa }: AgentChart,
  joinToken: string | typeof joinTokenVariable,
): string {
  const words = (...all: string[]): string => all.map(quote).join(' ');
  return [
    words('helm', 'upgrade', '--install', agentRelease.name, chart),
    ...(chartVersion === undefined ? [] : [words('--version', chartVersion)]),
    words('--reset-then-reuse-values', '--namespace', agentRelease.namespace, '--create-namespace'),
    words('--set-string', `hub.address=${hubAddress}`, '--set-string'),
    joinToken === joinTokenVariable
      ? `"joinToken=$${joinTokenVariable.description}"`
      : words(`joinToken=${joinToken}`),
    words('--set-string', `hub.caBundle=${Buffer.from(hubCa).toString('base64')}`),
  ].join(' ');
}

function quote(word: string): string {
  return /^[\w./:=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
