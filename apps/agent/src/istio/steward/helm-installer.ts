import type { DesiredRevision } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import type { Logger } from 'pino';
import type { Kube } from '../../kube/client.js';
import { Core, type Kind, type KubeObject } from '../../kube/kinds.js';
import { defaultName, Labels, suffixOf } from '../marks.js';
import type { SurveyedRevision } from '../survey.js';
import type { Chart, ChartStore } from './charts.js';
import type { IstioCrds } from './crds.js';
import type { FenceRecord } from './fence.js';
import { type Helm, HelmError } from './helm.js';
import type { Installer } from './installer.js';
import { Stewarded } from './kinds.js';
import { StewardMarks } from './marks.js';
import { wishOf } from './plan.js';
import { TaskError } from './problem.js';
import type { Release, Releases } from './releases.js';
import type { DefaultServing } from './tags.js';
import { type Values, valuesOf } from './values.js';

export interface HelmInstallerSettings {
  readonly kube: Kube;
  readonly log: Logger;
  readonly helm: Helm;
  readonly charts: ChartStore;
  readonly crds: IstioCrds;
  readonly releases: Releases;
  readonly record: FenceRecord;
  readonly serving: DefaultServing;
  readonly istioNamespace: string;
  revisions(): readonly SurveyedRevision[];
}

const baseRelease = 'istio-base';
const historyMax = '5';
/** For hooks, of which the charts have none; the whole run has a deadline of its own. */
const hookTimeout = '4m';

/** Istiods as Helm releases of the chart istiod, one for each revision. */
export class HelmInstaller implements Installer {
  constructor(private readonly settings: HelmInstallerSettings) {}

  async install(revision: DesiredRevision): Promise<void> {
    const { charts, helm, releases, kube, istioNamespace: namespace } = this.settings;
    const there = this.surveyed(revision.name);
    const name = there?.helmRelease?.name ?? releaseOf(revision.name);
    if (there?.deployment && !there.helmRelease && there.managed) {
      throw new TaskError(
        'NotManaged',
        `revision ${revision.name} was installed by ${there.installedBy}, which Helm cannot change; upgrade to another revision`,
      );
    }
    const wish = wishOf(revision);
    const chart = await charts.chart(revision.charts, 'istiod', revision.version);
    let release = await releases.last(namespace, name);
    if (release && !this.isManaged(release, there)) {
      throw new TaskError(
        'NotManaged',
        `the Helm release ${namespace}/${name} is not ours to change; take revision ${revision.name} over first`,
      );
    }
    if (release && (await releases.mend(release, isBegunByUs(release, there)))) {
      release = await releases.last(namespace, name);
    }
    if (release?.status !== 'deployed' || release.labels[StewardMarks.releaseWish] !== wish) {
      const values = await this.values(revision, name, release);
      if (!release) await this.installBase(revision);
      if (there?.deployment) await this.mark(there.deployment, { [StewardMarks.wish]: '' });
      const labels = `${StewardMarks.managed}=revision,${StewardMarks.releaseWish}=${wish}`;
      await failingAs('HelmFailed', () =>
        helm.runWith(values, [
          ...['upgrade', '--install', name, chart.path, '--namespace', namespace],
          ...['--labels', labels, '--history-max', historyMax, '--timeout', hookTimeout],
        ]),
      );
    }
    if (revision.name === defaultName) {
      const suffix = namespace === 'istio-system' ? '' : `-${namespace}`;
      const injector = { name: `istio-sidecar-injector${suffix}` };
      await this.settings.serving.giveWay(
        await kube.get(Stewarded.MutatingWebhookConfiguration, injector),
      );
    }
    const deployment = await kube.get<KubeObject>(Stewarded.Deployment, {
      namespace,
      name: `istiod${suffixOf(revision.name)}`,
    });
    if (!deployment) {
      throw new TaskError('HelmFailed', `istiod-${revision.version} made no istiod`);
    }
    await this.mark(deployment, this.marksOf(deployment, chart, wish));
  }

  async remove({ name }: DesiredRevision): Promise<void> {
    const { releases, helm, record, serving, kube, istioNamespace: namespace } = this.settings;
    const there = this.surveyed(name);
    const release =
      record.removing.get(name) ??
      there?.helmRelease?.name ??
      ((await releases.last(namespace, releaseOf(name))) ? releaseOf(name) : '');
    // What is left of it says less and less of whose it was.
    await record.beginRemoval(name, release);
    await serving.leave(name);
    let last = release === '' ? undefined : await releases.last(namespace, release);
    if (last && (await releases.mend(last, isBegunByUs(last, there)))) {
      last = await releases.last(namespace, release);
    }
    if (last) {
      // Tags may have been its own once; they are followed.
      await releases.forget(last, ({ metadata }) => metadata.labels?.[Labels.tag] !== undefined);
      await failingAs('HelmFailed', () =>
        helm.run(['uninstall', release, '--namespace', namespace, '--timeout', hookTimeout]),
      );
    }
    // All of it where Helm has no record, and else nothing.
    await this.deleteObjects(name);
    const ref = { namespace, name: `istiod${suffixOf(name)}` };
    if (await kube.get(Stewarded.Deployment, ref)) {
      throw new TaskError('Leaving', `Deployment ${namespace}/${ref.name} is still there`, true);
    }
    await record.endRemoval(name);
  }

  private surveyed(name: string): SurveyedRevision | undefined {
    return this.settings.revisions().find((it) => it.name === name);
  }

  /** What nobody has installed yet, or we, or what was handed over to us. */
  private isManaged(release: Release, there: SurveyedRevision | undefined): boolean {
    return release.labels[StewardMarks.managed] !== undefined || (there?.managed ?? false);
  }

  private marksOf(deployment: KubeObject, chart: Chart, wish: string): Record<string, string> {
    const origin = deployment.metadata.annotations?.[StewardMarks.origin] ?? 'install';
    return {
      [StewardMarks.origin]: origin,
      [StewardMarks.chartDigest]: chart.digest,
      [StewardMarks.wish]: wish,
    };
  }

  private async mark(
    { metadata: { namespace, name } }: KubeObject,
    annotations: Record<string, string>,
  ): Promise<void> {
    await this.settings.kube.patch(
      Stewarded.Deployment,
      { namespace, name },
      { metadata: { labels: { [StewardMarks.managed]: 'revision' }, annotations } },
    );
  }

  private async values(
    revision: DesiredRevision,
    release: string,
    own: Release | undefined,
  ): Promise<Values> {
    const { log, istioNamespace: namespace } = this.settings;
    const from = this.surveyed(revision.valuesFrom);
    const self = this.surveyed(revision.name);
    const base = from?.helmRelease
      ? {
          values: await this.givenTo(from.helmRelease.name),
          version: from.version,
          revision: from.name,
        }
      : own
        ? {
            values: await this.givenTo(release),
            version: self?.version ?? '',
            revision: revision.name,
          }
        : undefined;
    if (!base && revision.valuesFrom !== '') {
      log.warn(
        { revision: revision.name, from: revision.valuesFrom, installedBy: from?.installedBy },
        'no Helm release to take values from; the new istiod begins with those of its chart',
      );
    }
    return valuesOf({
      from: base ?? { values: {}, version: '', revision: revision.valuesFrom },
      over: givenIn(revision),
      revision: revision.name,
      version: revision.version,
      namespace,
    });
  }

  /** Of the users of a release, without those of its chart. */
  async givenTo(release: string): Promise<Values> {
    const { helm, istioNamespace } = this.settings;
    const args = ['get', 'values', release, '--namespace', istioNamespace, '--output', 'json'];
    const text = await failingAs('HelmFailed', () => helm.run(args));
    return (JSON.parse(text) ?? {}) as Values;
  }

  /** Where nobody ever installed Istio: what an istiod needs beside its own chart. Without CRDs: those are ours. */
  private async installBase(revision: DesiredRevision): Promise<void> {
    const { charts, version, name } = revision;
    const { kube, crds, helm, releases, istioNamespace: namespace } = this.settings;
    const reader = { namespace, name: 'istio-reader-service-account' };
    const release = await releases.last(namespace, baseRelease);
    const mended = release && (await releases.mend(release, isBegunByUs(release, undefined)));
    if (!mended && (await kube.get(Stewarded.ServiceAccount, reader))) return;
    const validator = await kube.get(Stewarded.ValidatingWebhookConfiguration, {
      name: 'istiod-default-validator',
    });
    const chart = await this.settings.charts.chart(charts, 'base', version);
    const values = {
      // Without templates the chart would have them as they are.
      base: { excludedCRDs: await crds.names(revision) },
      defaultRevision: validator ? '' : name,
      global: { istioNamespace: namespace },
    };
    await failingAs('HelmFailed', () =>
      helm.runWith(values, [
        ...['upgrade', '--install', baseRelease, chart.path, '--namespace', namespace],
        ...['--skip-crds', '--labels', `${StewardMarks.managed}=base`],
        ...['--history-max', historyMax, '--timeout', hookTimeout],
      ]),
    );
  }

  /** What a revision is made of, by names and labels: istioctl, or a file, leaves no other record. */
  private async deleteObjects(name: string): Promise<void> {
    const { kube, istioNamespace: namespace } = this.settings;
    const isTags = ({ metadata }: KubeObject): boolean =>
      metadata.labels?.[Labels.tag] !== undefined;
    const labelSelector = `${Labels.revision}=${name},operator.istio.io/component=Pilot`;
    for (const kind of labelledKinds) {
      const scope = kind.namespaced ? { namespace, labelSelector } : { labelSelector };
      const { items } = await kube.list<KubeObject>(kind, scope);
      for (const item of items) if (!isTags(item)) await kube.delete(kind, item);
    }
    for (const [kind, object] of namedObjects(suffixOf(name), namespace)) {
      const ref = kind.namespaced ? { namespace, name: object } : { name: object };
      const there = await kube.get<KubeObject>(kind, ref);
      if (there && !isTags(there)) await kube.delete(kind, there);
    }
  }
}

const labelledKinds: readonly Kind[] = [
  Stewarded.Deployment,
  Core.Service,
  Stewarded.ConfigMap,
  Stewarded.HorizontalPodAutoscaler,
  Stewarded.PodDisruptionBudget,
  Stewarded.MutatingWebhookConfiguration,
];

/** Objects of the chart istiod that do not say their revision. */
function namedObjects(suffix: string, namespace: string): (readonly [Kind, string])[] {
  const clustered = [
    `istiod-clusterrole${suffix}-${namespace}`,
    `istiod-gateway-controller${suffix}-${namespace}`,
    `istio-reader-clusterrole${suffix}-${namespace}`,
  ];
  const webhook = namespace === 'istio-system' ? suffix : `${suffix}-${namespace}`;
  return [
    [Stewarded.Deployment, `istiod${suffix}`],
    [Core.Service, `istiod${suffix}`],
    [Stewarded.MutatingWebhookConfiguration, `istio-sidecar-injector${webhook}`],
    [Stewarded.ValidatingWebhookConfiguration, `istio-validator${suffix}-${namespace}`],
    [Stewarded.RoleBinding, `istiod${suffix}`],
    [Stewarded.Role, `istiod${suffix}`],
    [Stewarded.ServiceAccount, `istiod${suffix}`],
    ...clustered.map((name) => [Stewarded.ClusterRoleBinding, name] as const),
    ...clustered.map((name) => [Stewarded.ClusterRole, name] as const),
  ];
}

/** As those who follow Istio's documentation call them. */
function releaseOf(revision: string): string {
  return `istiod${suffixOf(revision)}`;
}

/**
 * Labels of a release pass on to its next version, so that one that says it is ours may be of somebody
 * who changes what we made. While we are at it, the istiod does not say what it is.
 */
function isBegunByUs({ labels }: Release, there: SurveyedRevision | undefined): boolean {
  if (labels[StewardMarks.managed] === undefined) return false;
  return !there?.deployment?.metadata.annotations?.[StewardMarks.wish];
}

function givenIn({ values }: DesiredRevision): Values {
  const text = Buffer.from(values).toString();
  if (text === '') return {};
  try {
    return JSON.parse(text) as Values;
  } catch (error) {
    throw new TaskError('ValuesInvalid', `the values of istiod are no JSON: ${messageOf(error)}`);
  }
}

/** Helm's words as those of a task that failed. */
async function failingAs<T>(reason: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof HelmError) throw new TaskError(reason, error.message);
    throw error;
  }
}
