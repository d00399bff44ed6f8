import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import { ClusterState } from './cluster/state.js';
import type { Config } from './config.js';
import { HubIdentityApi } from './identity/hub-identity.js';
import { explain, IdentityKeeper, identitySecretName } from './identity/keeper.js';
import { SecretStore } from './identity/secrets.js';
import { IstioSurvey } from './istio/survey.js';
import { Kube } from './kube/client.js';
import { Core } from './kube/kinds.js';
import type { Lease } from './kube/lease.js';

/** In ms. */
export interface StandbyTimes {
  /** An agent that could not prove itself for so long, while another one works, gives up. */
  readonly patience: number;
  /** How often what is missing is looked for again. */
  readonly retry: number;
}

export const standbyTimes: StandbyTimes = { patience: 120_000, retry: 1_000 };

export interface StandbySettings {
  readonly config: Config;
  readonly log: Logger;
  readonly version: string;
  readonly lease: Lease;
  readonly times: StandbyTimes;
}

/**
 * What an agent does while another one has the Lease: it proves that it could do the work. Kubernetes
 * ends the old agent only when the new one is ready, so that one which could not work replaces none.
 */
export class Standby {
  private proven = false;
  private trouble = 'it has not proved itself yet';

  constructor(private readonly settings: StandbySettings) {}

  /** Whether it could take over: it stays so until it has taken over. */
  get isProven(): boolean {
    return this.proven;
  }

  /** What it could not do without, in the words of whoever withheld it. */
  get missing(): string {
    return this.trouble;
  }

  /** @returns why it gives up; undefined when it is stopped. */
  async run(stop: AbortSignal): Promise<string | undefined> {
    const { lease, times } = this.settings;
    const stopped = new Promise<void>((resolve) => {
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    let proof: Proof | undefined;
    let since = performance.now();
    while (!stop.aborted) {
      // Who has worked begins anew; who may yet get the Lease has all the time that takes.
      if (lease.isHeld) this.proven = false;
      if (!lease.isOthers) since = performance.now();
      if (lease.isHeld || this.proven) {
        await proof?.stop();
        proof = undefined;
      } else if (lease.isOthers) {
        proof ??= new Proof(this.settings);
        await Promise.race([this.look(proof), stopped]);
      }
      if (!this.proven && lease.isOthers && performance.now() - since > times.patience) {
        await proof?.stop();
        return this.trouble;
      }
      await sleep(times.retry, undefined, { signal: stop }).catch(() => undefined);
    }
    await proof?.stop();
    return undefined;
  }

  private async look(proof: Proof): Promise<void> {
    const { log } = this.settings;
    const missing = await proof.missing();
    this.proven = missing.length === 0;
    if (this.proven) return log.info('standing by');
    const trouble = missing.join('; ');
    if (trouble !== this.trouble) log.warn(`cannot stand by: ${trouble}`);
    this.trouble = trouble;
  }
}

/** Reads all that an agent reads, as it would if it worked; writes nothing, and opens no stream. */
class Proof {
  private readonly kube: Kube;
  private readonly hub: HubIdentityApi;
  private readonly keeper: IdentityKeeper;
  private readonly cluster: ClusterState;
  private readonly survey: IstioSurvey;
  private isRead = false;
  private surveying: Promise<void> | undefined;

  constructor(private readonly settings: StandbySettings) {
    const { config, log, version } = settings;
    const { hubAddress: address, hubCa, istioNamespace, namespace } = config;
    this.kube = Kube.load(config.kubeconfig);
    this.hub = new HubIdentityApi({ address, hubCa, agentVersion: version });
    this.keeper = new IdentityKeeper({
      hub: this.hub,
      secret: new SecretStore(this.kube, namespace, identitySecretName),
      joinToken: config.joinToken,
      retryMs: config.reconnectMs,
      log,
    });
    // What comes later, nobody waits for.
    const never = { discoveryMs: 3_600_000, resolveMs: 3_600_000 };
    this.cluster = new ClusterState({ kube: this.kube, log, istioNamespace, ...never });
    this.survey = new IstioSurvey({
      ...{ kube: this.kube, log, istioNamespace },
      namespaces: this.cluster.namespaces,
    });
    void this.cluster.start().then(() => {
      this.isRead = true;
    });
  }

  /** Each thing that is missing; none: it could work. */
  async missing(): Promise<string[]> {
    const looks = [this.missingOfCluster(), this.missingOfIstio(), this.missingOfHub()];
    const answers = await Promise.all(looks.map((look) => look.catch(messageOf)));
    return answers.filter((answer) => answer !== undefined);
  }

  async stop(): Promise<void> {
    await Promise.all([this.cluster.stop(), this.survey.stop()]);
    this.kube.close();
  }

  private async missingOfCluster(): Promise<string | undefined> {
    const forbidden = this.cluster.forbidden();
    if (forbidden.length > 0) return `may not ${forbidden.join('; ')}`;
    return this.isRead ? undefined : 'the cluster has not been read yet';
  }

  /** Where the chart does not let anybody look at Istio, nobody has to. */
  private async missingOfIstio(): Promise<string | undefined> {
    if (!this.surveying && !(await this.kube.mayList(Core.Pod))) return undefined;
    this.surveying ??= this.survey.start();
    if (this.survey.problem !== undefined) return this.survey.problem;
    return this.survey.isRead ? undefined : 'Istio has not been read yet';
  }

  /** Before anybody has enrolled there is no identity; the token of this agent may be the one that works. */
  private async missingOfHub(): Promise<string | undefined> {
    const identity = await this.keeper.stored();
    const { joinToken } = this.settings.config;
    if (!identity && joinToken === undefined)
      return `Secret ${identitySecretName} holds no identity`;
    await this.hub.reach(identity?.client).catch((error: unknown) => {
      throw new Error(explain(error));
    });
    return undefined;
  }
}
