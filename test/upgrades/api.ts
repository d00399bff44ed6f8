import { type ApiClient, eventually } from '@isthmus/local';

export interface UpgradeEvent {
  type: string;
  message: string;
  cluster: { name: string } | null;
}

export interface UpgradeCluster {
  cluster: { id: string; name: string };
  wave: number;
  hop: number;
  hops: { from: string | null; to: string }[];
  stage: string;
  held: boolean;
  reason: string | null;
  detail: string | null;
}

export interface Upgrade {
  id: string;
  state: string;
  wave: number;
  waveCount: number;
  reason: string | null;
  detail: string | null;
  findings: { severity: string; code: string; message: string; cluster: { name: string } | null }[];
  estimate: { secondsLeft: number } | null;
  clusters: UpgradeCluster[];
  events: UpgradeEvent[];
}

export interface Policy {
  waves: { clusterSelector: string }[];
  canaryNamespaces: string[];
  soakSeconds: number;
  timeoutSeconds: number;
  graceSeconds: number;
  maxRestarting: number;
}

interface Edges<T> {
  edges: { node: T }[];
}

type Raw = Omit<Upgrade, 'clusters' | 'events'> & {
  clusters: Edges<UpgradeCluster>;
  events: Edges<UpgradeEvent>;
};

const fields = `id state wave waveCount reason detail
  findings { severity code message cluster { name } }
  estimate { secondsLeft }
  clusters(first: 200) { edges { node {
    cluster { id name } wave hop hops { from to } stage held reason detail } } }
  events(first: 200) { edges { node { type message cluster { name } } } }`;

/** Upgrades as the API tells of them, and has them done. */
export class Upgrades {
  constructor(
    private readonly api: ApiClient,
    private readonly meshId: string,
  ) {}

  /** The same, by somebody else. */
  as(api: ApiClient): Upgrades {
    return new Upgrades(api, this.meshId);
  }

  async set(settings: object): Promise<void> {
    await this.api.query(
      `mutation ($input: UpdateUpgradeSettingsInput!) {
         updateUpgradeSettings(input: $input) { settings { maxInFlight } } }`,
      { input: { meshId: this.meshId, ...settings } },
    );
  }

  async plan(toVersion: string, policy: Policy, clusterIds?: readonly string[]): Promise<Upgrade> {
    const input = { meshId: this.meshId, toVersion, policy, ...(clusterIds ? { clusterIds } : {}) };
    return await this.change('planUpgrade', input);
  }

  /** Plans and starts it. @throws Error with the findings that block it. */
  async begin(toVersion: string, policy: Policy, clusterIds?: readonly string[]): Promise<string> {
    const { id, findings } = await this.plan(toVersion, policy, clusterIds);
    const blocks = findings.filter(({ severity }) => severity === 'BLOCKS');
    if (blocks.length > 0) throw new Error(JSON.stringify(blocks));
    await this.change('startUpgrade', { upgradeId: id });
    return id;
  }

  /** By its name in the API, such as `abortUpgrade`. */
  async change(mutation: string, input: object): Promise<Upgrade> {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
    const answer = await this.api.query<Record<string, { upgrade: Raw }>>(
      `mutation ($input: ${type}) { ${mutation}(input: $input) { upgrade { ${fields} } } }`,
      { input },
    );
    return upgradeOf(answer[mutation]?.upgrade);
  }

  async get(id: string): Promise<Upgrade> {
    const { node } = await this.api.query<{ node: Raw }>(
      `query ($id: ID!) { node(id: $id) { ... on Upgrade { ${fields} } } }`,
      { id },
    );
    return upgradeOf(node);
  }

  /** Waits until it is as wanted. @throws Error that says where it stands. */
  async until(
    id: string,
    what: string,
    isSo: (upgrade: Upgrade) => boolean,
    deadlineMs = 60_000,
  ): Promise<Upgrade> {
    return await eventually(
      what,
      async () => {
        const upgrade = await this.get(id);
        if (!isSo(upgrade)) throw new Error(say(upgrade));
        return upgrade;
      },
      { deadlineMs, everyMs: 250 },
    );
  }

  async reaches(id: string, state: string, deadlineMs?: number): Promise<Upgrade> {
    return await this.until(id, `it is ${state}`, (it) => it.state === state, deadlineMs);
  }
}

function upgradeOf(raw: Raw | undefined): Upgrade {
  if (!raw) throw new Error('there is no such upgrade');
  return {
    ...raw,
    clusters: raw.clusters.edges.map(({ node }) => node),
    events: raw.events.edges.map(({ node }) => node),
  };
}

function say({ state, detail, clusters }: Upgrade): string {
  const each = clusters.map(
    ({ cluster, hop, stage, held, reason, detail: why }) =>
      `${cluster.name}: ${stage} of hop ${hop}${held ? ', held' : ''}, ${reason} ${why}`,
  );
  return [`${state} ${detail}`, ...each].join('\n');
}
