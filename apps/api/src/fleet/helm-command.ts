/** What the Helm command is made of. */
export interface AgentInstallation {
  /** As `helm install` takes it: a folder, a URL or a name. */
  readonly chart: string;
  /** host:port at which agents reach the hub. */
  readonly hubAddress: string;
  /** PEM: what the hub's certificate is verified with. */
  readonly hubCa: string;
  readonly joinToken: string;
}

/**
 * The one line that installs an agent, for a POSIX shell. Where the agent is installed already it has the cluster
 * join again, and keeps what was set of the chart's values besides. Helm 3.14 or newer.
 */
export function helmCommand({ chart, hubAddress, hubCa, joinToken }: AgentInstallation): string {
  return [
    'helm',
    'upgrade',
    '--install',
    'isthmus-agent',
    chart,
    '--reset-then-reuse-values',
    '--namespace',
    'isthmus-system',
    '--create-namespace',
    '--set-string',
    `hub.address=${hubAddress}`,
    '--set-string',
    `joinToken=${joinToken}`,
    '--set-string',
    `hub.caBundle=${Buffer.from(hubCa).toString('base64')}`,
  ]
    .map(quote)
    .join(' ');
}

function quote(word: string): string {
  return /^[\w./:=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
