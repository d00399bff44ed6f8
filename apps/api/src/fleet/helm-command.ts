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

/** The one line that installs an agent, for a POSIX shell. */
export function helmCommand({ chart, hubAddress, hubCa, joinToken }: AgentInstallation): string {
  return [
    'helm',
    'install',
    'isthmus-agent',
    chart,
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
