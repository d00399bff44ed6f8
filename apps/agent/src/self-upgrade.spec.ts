import { fileURLToPath } from 'node:url';
import { type AgentFact, State } from '@isthmus/contracts';
import { type KubeletStandIn, type StandInImage, startKubeletStandIn } from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type KubeJson, Lab } from './testing/lab.js';
import { releaseOf } from './testing/samples.js';

const chart = fileURLToPath(new URL('../../../infra/helm/isthmus-agent', import.meta.url));
const namespace = 'isthmus-system';
const repository = 'registry.example.com/isthmus/agent';
const withinMs = 60_000;
const intentOf = (fence: number, version: string) => ({ fence, version, digest: '' });

/** Agents as processes that are built, in the Pods that a real controller makes of the chart. */
describe('an agent that upgrades itself', () => {
  let lab: Lab;
  let kubelet: KubeletStandIn;
  const images = new Map<string, StandInImage>(
    ['0.1.0', '0.2.0', '0.3.0', '0.4.0', '0.5.0', '0.6.0'].map((version) => [
      `${repository}:${version}`,
      { version },
    ]),
  );

  const helm = async (command: 'install' | 'upgrade', tag: string): Promise<string> => {
    const { hub, cluster } = lab;
    const ca = Buffer.from(hub.authority.pem).toString('base64');
    const values = [`hub.address=${hub.address}`, `image.repository=${repository}`];
    return await cluster.helm([
      ...[command, 'agent', chart, '-n', namespace],
      ...['--set', [...values, `image.tag=${tag}`].join()],
      ...['--set', 'joinToken=token-1,selfUpgrade.enabled=true,reconnect.maxMs=1000'],
      ...['--set-string', `hub.caBundle=${ca}`],
    ]);
  };
  const deployment = async (): Promise<KubeJson | undefined> =>
    await lab.get('deployment', namespace, 'isthmus-agent');
  const image = async (): Promise<string> => {
    const path = 'jsonpath={.spec.template.spec.containers[0].image}';
    const target = ['deployment', 'isthmus-agent', '-n', namespace];
    return await lab.cluster.kubectl(['get', ...target, '-o', path]);
  };
  const record = async (): Promise<{ fence: number; refused?: object }> =>
    JSON.parse((await deployment())?.metadata.annotations?.['isthmus.dev/agent-upgrade'] ?? '{}');
  /** The Pod of the agent that works. */
  const holder = async (): Promise<string> => {
    const { spec } = (await lab.get('lease', namespace, 'isthmus-agent')) ?? {};
    return String(spec?.holderIdentity);
  };
  const pods = async (): Promise<string[]> =>
    (await lab.list('pods', namespace)).map(({ metadata }) => metadata.name);
  /** @throws with what is known instead. */
  const told = async (state: State, fence: number): Promise<AgentFact> =>
    await eventually(() => {
      const fact = lab.hub.fact('Agent', 'agent');
      if (fact?.state === state && fact.fence === fence) return fact;
      throw new Error(JSON.stringify(fact));
    }, withinMs);
  const rolledOut = async (): Promise<void> => {
    const status = ['rollout', 'status', 'deployment/isthmus-agent', '-n', namespace];
    await lab.cluster.kubectl([...status, `--timeout=${withinMs / 1000}s`]);
  };
  /** Within it a successor has to be ready; in seconds. */
  const deadline = async (seconds: number): Promise<void> => {
    const patch = JSON.stringify({ spec: { progressDeadlineSeconds: seconds } });
    const target = ['deployment', 'isthmus-agent', '-n', namespace];
    await lab.cluster.kubectl(['patch', ...target, '-p', patch]);
  };

  beforeAll(async () => {
    lab = await Lab.start();
    const level = 'pod-security.kubernetes.io/enforce=restricted';
    await lab.cluster.kubectl(['label', 'namespace', namespace, level]);
    kubelet = await startKubeletStandIn(lab.cluster, {
      namespace,
      labelSelector: 'app.kubernetes.io/name=isthmus-agent',
      folder: `${lab.dir}/kubelet`,
      images,
    });
    lab.hub.put('Release', 'release', releaseOf(1));
    await helm('install', '0.1.0');
    await rolledOut();
  });
  afterAll(async () => {
    await kubelet.stop();
    await lab.stop();
  });

  it('says what it runs as, and that it can', async () => {
    const fact = await told(State.STATE_UNKNOWN, 0);
    expect(fact.image).toBe(`${repository}:0.1.0`);
    expect(lab.hub.fact('Cluster', 'cluster')?.capabilities).toContain('self-upgrade');
  });

  it('hands over to a successor that has proved itself beside it', async () => {
    const { hub } = lab;
    const old = await holder();
    await eventually(() => hub.fact('ReleaseStatus', 'release'));
    hub.put('Agent', 'agent', intentOf(1, '0.2.0'));
    const successor = await eventually(
      async () => (await pods()).find((name) => name !== old),
      withinMs,
    );
    const fact = await told(State.STATE_YES, 1);
    expect(fact).toMatchObject({ image: `${repository}:0.2.0`, reason: '', message: '' });
    expect(hub.fact('Cluster', 'cluster')?.agentVersion).toBe('0.2.0');
    expect(kubelet.log(successor)).toMatch(/"standing by".*the Lease is held/s);
    expect(hub.streams).toEqual({ open: 1, most: 1 });
    expect(hub.withdrawn).toEqual([]);
    await eventually(async () => !(await pods()).includes(old));
  });

  it('leaves no field to itself, so that Helm goes on without a conflict, and wins', async () => {
    const managers = (await deployment())?.metadata.managedFields?.map(({ manager }) => manager);
    expect(managers).not.toContain('isthmus-agent');
    await helm('upgrade', '0.3.0');
    await eventually(() => lab.hub.fact('Cluster', 'cluster')?.agentVersion === '0.3.0', withinMs);
    const fact = await told(State.STATE_REFUSED, 1);
    expect(fact).toMatchObject({ reason: 'ChangedElsewhere', image: `${repository}:0.3.0` });
    expect(await image()).toBe(`${repository}:0.3.0`);
  });

  it('goes back from an image that is not there, works on meanwhile, and tries no fence twice', async () => {
    const { hub } = lab;
    const old = await holder();
    const { connections } = hub;
    await deadline(5);
    hub.put('Agent', 'agent', intentOf(2, '9.9.9'));
    const pending = await told(State.STATE_PENDING, 2);
    expect(pending.image).toBe(`${repository}:9.9.9`);
    const refused = await told(State.STATE_REFUSED, 2);
    expect(refused.reason).toBe('ImageUnavailable');
    expect(refused.message).toContain('not found');
    expect(refused.image).toBe(`${repository}:0.3.0`);
    await deadline(600);
    await rolledOut();
    expect(hub.connections).toBe(connections);

    // Not by the next life of the agent either.
    kubelet.kill(old);
    await eventually(() => hub.connections > connections, withinMs);
    await eventually(() => hub.fact('Agent', 'agent')?.image === `${repository}:0.3.0`);
    await rolledOut();
    expect(await image()).toBe(`${repository}:0.3.0`);
    hub.put('Agent', 'agent', intentOf(3, '0.4.0'));
    await told(State.STATE_YES, 3);
  });

  it('goes back from one that ends, and passes its last words on', async () => {
    images.set(`${repository}:bad`, {
      command: [process.execPath, '-e', 'console.error("no such flag"); process.exit(3)'],
    });
    lab.hub.put('Agent', 'agent', intentOf(4, 'bad'));
    const refused = await told(State.STATE_REFUSED, 4);
    expect(refused.reason).toBe('SuccessorFailed');
    expect(refused.message).toMatch(/ended with exit code 3: no such flag$/);
    expect(await image()).toBe(`${repository}:0.4.0`);
    await rolledOut();
  });

  it('goes on with an upgrade in its next life', async () => {
    const old = await holder();
    lab.hub.put('Agent', 'agent', intentOf(5, '0.5.0'));
    await eventually(async () => (await record()).fence === 5, withinMs);
    kubelet.kill(old);
    await told(State.STATE_YES, 5);
    expect(lab.hub.streams.most).toBe(1);
  });

  it('goes back in its next life', async () => {
    const old = await holder();
    lab.hub.put('Agent', 'agent', intentOf(6, 'bad'));
    await eventually(async () => (await record()).fence === 6, withinMs);
    kubelet.kill(old);
    expect((await told(State.STATE_REFUSED, 6)).reason).toBe('SuccessorFailed');
    expect(await image()).toBe(`${repository}:0.5.0`);
  });

  it('follows no wish that is older than one that it has followed', async () => {
    lab.hub.put('Agent', 'agent', intentOf(2, '0.6.0'));
    expect((await told(State.STATE_REFUSED, 2)).reason).toBe('Superseded');
    expect(await image()).toBe(`${repository}:0.5.0`);
  });

  it('says that the image does not come up which somebody set before the mesh wanted it', async () => {
    const missing = `${repository}:0.7.0`;
    await helm('upgrade', '0.7.0');
    await deadline(5);
    lab.hub.put('Agent', 'agent', intentOf(7, '0.7.0'));
    const refused = await told(State.STATE_REFUSED, 7);
    expect(refused).toMatchObject({ reason: 'ImageUnavailable', image: missing });
    expect(await image()).toBe(missing);
    // Once somebody has brought it there.
    images.set(missing, { version: '0.7.0' });
    await told(State.STATE_YES, 7);
  });
});

describe('an agent that cannot upgrade itself', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterAll(async () => await lab.stop());

  const refused = async () =>
    await eventually(() => {
      const fact = lab.hub.fact('Agent', 'agent');
      return fact?.state === State.STATE_REFUSED && fact;
    });

  it('says that it was not told to, once somebody wants it', async () => {
    const agent = await lab.agent();
    const first = await eventually(() => lab.hub.fact('Agent', 'agent'));
    expect(first).toMatchObject({ fence: 0, state: State.STATE_UNKNOWN, reason: '' });
    lab.hub.put('Agent', 'agent', intentOf(1, '0.2.0'));
    const fact = await refused();
    expect(fact).toMatchObject({ fence: 1, reason: 'NotManaged' });
    expect(fact.message).toContain('selfUpgrade.enabled=true');
    await agent.stop();
  });

  const selfUpgrade = { deployment: 'isthmus-agent', repository };

  it('says that its Deployment is not there', async () => {
    const agent = await lab.agent({ selfUpgrade });
    await eventually(() => lab.hub.fact('Agent', 'agent')?.reason === 'NotFound');
    await agent.stop();
  });

  it('says what it may not', async () => {
    const ca = Buffer.from(lab.hub.authority.pem).toString('base64');
    await lab.cluster.helm([
      ...['install', 'agent', chart, '-n', namespace, '--set', `hub.address=${lab.hub.address}`],
      ...['--set-string', `hub.caBundle=${ca}`],
    ]);
    const account = ['isthmus-agent', '-n', namespace];
    const token = await lab.cluster.kubectl(['create', 'token', ...account]);
    const kubeconfig = await lab.kubeconfigFor(token.trim());
    const agent = await lab.agent({ selfUpgrade, kubeconfig });
    await eventually(() => lab.hub.fact('Agent', 'agent')?.reason === 'Forbidden');
    expect((await refused()).message).toContain('list deployments.apps');
    await agent.stop();
  });
});
