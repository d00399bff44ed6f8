import type { DesiredRevision, DesiredTag } from '@isthmus/contracts';
import type { Logger } from 'pino';
import type { Kube } from '../../kube/client.js';
import { Core, type KubeObject, type Service } from '../../kube/kinds.js';
import { Marks, managerName } from '../../kube/ownership.js';
import type { OwnedObject } from '../kinds.js';
import { defaultName, Labels, suffixOf } from '../marks.js';
import type { SurveyedRevision, SurveyedTag } from '../survey.js';
import { byVersion } from '../version.js';
import type { ChartStore } from './charts.js';
import type { Helm } from './helm.js';
import { Sail, Stewarded, type Webhook, type WebhookConfiguration } from './kinds.js';
import { StewardMarks } from './marks.js';
import { TaskError } from './problem.js';
import { documentsOf, objectOf, type Releases } from './releases.js';
import type { Values } from './values.js';

export interface TagsSettings {
  readonly kube: Kube;
  readonly log: Logger;
  readonly helm: Helm;
  readonly charts: ChartStore;
  readonly releases: Releases;
  readonly serving: DefaultServing;
  readonly istioNamespace: string;
  revisions(): readonly SurveyedRevision[];
  tags(): readonly SurveyedTag[];
  /** Of the users of a Helm release. */
  valuesOf(release: string): Promise<Values>;
}

/** What says of an object which Helm release it is of. */
const helmLabels = ['app.kubernetes.io/instance', 'helm.sh/chart', 'release'];
const helmAnnotations = ['meta.helm.sh/release-name', 'meta.helm.sh/release-namespace'];
const neverMatching = {
  matchExpressions: [{ key: 'istio.io/deactivated', operator: 'In', values: ['never-match'] }],
};
const validatorName = 'istiod-default-validator';

/** Revision tags: webhooks that are of no Helm release, so that they outlive every revision. */
export class Tags {
  constructor(private readonly settings: TagsSettings) {}

  /**
   * Makes a tag, or moves it; one of somebody else is taken over.
   * @param desired The revision it is to lead to, if the intent says its chart.
   * @throws TaskError, HelmError, KubeError
   */
  async set(tag: DesiredTag, desired: DesiredRevision | undefined): Promise<void> {
    const target = this.settings.revisions().find(({ name }) => name === tag.revision);
    const authority = target?.injector?.webhooks?.[0]?.clientConfig.caBundle;
    if (!target || !authority) {
      const message = `revision ${tag.revision} has no webhook that a tag could lead to`;
      throw new TaskError('RevisionNotReady', message, true);
    }
    const there = this.settings.tags().find(({ name }) => name === tag.name);
    if (there && (await this.isSails(there, tag.revision))) return;
    const rendered = await this.rendered(tag, target, desired, there !== undefined);
    const objects = rendered ?? (await this.retargeted(tag, there));
    if (there) await this.takeFromHelm(there.webhook);
    // The webhook comes last: it is what says that the tag is there.
    const isWebhook = ({ kind }: KubeObject): boolean =>
      kind === Stewarded.MutatingWebhookConfiguration.kind;
    for (const service of objects.filter((it) => it.kind === 'Service')) {
      await this.putService(service as Service);
    }
    for (const webhook of objects.filter(isWebhook)) await this.putWebhook(webhook, authority);
    if (tag.name === defaultName) await this.settings.serving.lead(tag.revision);
  }

  /** Takes the default tag away: the injector without a revision serves again in its place. */
  async untag(): Promise<void> {
    const { kube, serving, istioNamespace: namespace } = this.settings;
    await serving.restore();
    const there = this.settings.tags().find(({ name }) => name === defaultName);
    if (there) {
      await this.takeFromHelm(there.webhook);
      await kube.delete(Stewarded.MutatingWebhookConfiguration, there.webhook);
    }
    const service = await kube.get<Service>(Core.Service, {
      namespace,
      name: serviceNameOf(defaultName),
    });
    if (service) await kube.delete(Core.Service, service);
  }

  /** Whether the Sail operator keeps it; then that is told. */
  private async isSails({ webhook }: SurveyedTag, revision: string): Promise<boolean> {
    const { ownerReferences = [] } = (webhook as OwnedObject).metadata;
    const owner = ownerReferences.find(({ kind }) => kind === Sail.IstioRevisionTag.kind);
    if (!owner) return false;
    const targetRef = { kind: Sail.IstioRevision.kind, name: revision };
    await this.settings.kube.patch(
      Sail.IstioRevisionTag,
      { name: owner.name },
      { spec: { targetRef } },
    );
    return true;
  }

  /** As the chart of the revision makes it; undefined where the chart cannot be had and need not be. */
  private async rendered(
    tag: DesiredTag,
    target: SurveyedRevision,
    desired: DesiredRevision | undefined,
    isThere: boolean,
  ): Promise<KubeObject[] | undefined> {
    const { charts, helm, log, istioNamespace: namespace } = this.settings;
    const of = target.version === desired?.version ? desired : undefined;
    if (!of?.charts?.repository) {
      if (isThere) return undefined;
      const message = `there is no tag ${tag.name} yet, and no chart of revision ${tag.revision} to make it of`;
      throw new TaskError('ChartNotFound', message);
    }
    try {
      const { path } = await charts.chart(of.charts, 'istiod', of.version);
      const given = target.helmRelease ? await this.settings.valuesOf(target.helmRelease.name) : {};
      const values = {
        ...given,
        revision: tag.revision === defaultName ? '' : tag.revision,
        revisionTags: [tag.name],
      };
      const args = ['template', `istiod${suffixOf(tag.revision)}`, path, '--namespace', namespace];
      const documents = documentsOf(await helm.runWith(values, args));
      const objects = documents.flatMap((document) => objectOf(document) ?? []);
      return objects.filter(({ metadata }) => metadata.labels?.[Labels.tag] === tag.name);
    } catch (error) {
      if (!isThere) throw error;
      log.warn(
        { tag: tag.name, err: error },
        'the tag cannot be made of its chart; it is led to the revision as it is',
      );
      return undefined;
    }
  }

  /** What is there of a tag, leading to another revision. */
  private async retargeted(tag: DesiredTag, there: SurveyedTag | undefined): Promise<KubeObject[]> {
    if (!there) return [];
    const { kube, istioNamespace: namespace } = this.settings;
    const istiod = `istiod${suffixOf(tag.revision)}`;
    const labels = (object: KubeObject): Record<string, string> => ({
      ...object.metadata.labels,
      [Labels.revision]: tag.revision,
    });
    const { webhook } = there;
    const webhooks = (webhook as WebhookConfiguration).webhooks?.map((it): Webhook => {
      const { service } = it.clientConfig;
      return service ? { ...it, clientConfig: { service: { ...service, name: istiod } } } : it;
    });
    const moved: (KubeObject & { webhooks?: Webhook[] })[] = [
      {
        kind: Stewarded.MutatingWebhookConfiguration.kind,
        metadata: { name: webhook.metadata.name, labels: labels(webhook) },
        webhooks,
      },
    ];
    const [own, of] = await Promise.all(
      [serviceNameOf(tag.name), istiod].map((name) =>
        kube.get<Service>(Core.Service, { namespace, name }),
      ),
    );
    if (!own || !of) return moved;
    const service: Service = {
      kind: 'Service',
      metadata: { namespace, name: own.metadata.name, labels: labels(own) },
      spec: { selector: of.spec?.selector },
    };
    return [service, ...moved];
  }

  /** The release that a tag came with would take it away at its next change, or with its end. */
  private async takeFromHelm({ metadata }: KubeObject): Promise<void> {
    const { annotations = {} } = metadata;
    const name = annotations['meta.helm.sh/release-name'];
    const namespace = annotations['meta.helm.sh/release-namespace'];
    const tag = metadata.labels?.[Labels.tag];
    if (!name || !namespace || !tag) return;
    const { releases } = this.settings;
    const release = await releases.last(namespace, name);
    if (!release) return;
    await releases.forget(release, (object) => object.metadata.labels?.[Labels.tag] === tag);
  }

  private async putWebhook(object: WebhookConfiguration, authority: string): Promise<void> {
    const { kube } = this.settings;
    const kind = Stewarded.MutatingWebhookConfiguration;
    const { name } = object.metadata;
    const applied = await kube.apply<KubeObject>(kind, {
      metadata: { name, labels: labelsOf(object) },
      // What istiod would do a moment later; until then no Pod could be made.
      webhooks: (object.webhooks ?? []).map((webhook) => ({
        ...webhook,
        clientConfig: { ...webhook.clientConfig, caBundle: authority },
      })),
    } as WebhookConfiguration);
    const patch = withoutHelm(applied);
    if (patch) await kube.patch(kind, { name }, patch);
  }

  private async putService({ metadata, spec }: Service): Promise<void> {
    const { kube, istioNamespace: namespace } = this.settings;
    const ref = { namespace, name: metadata.name };
    const labels = labelsOf({ metadata });
    const there = await kube.get<Service>(Core.Service, ref);
    if (!there) {
      await kube.create(Core.Service, { metadata: { ...ref, labels }, spec } as Service);
      return;
    }
    const selector: Record<string, string | null> = { ...spec?.selector };
    // A merge leaves what the old revision was selected by.
    for (const key of Object.keys(there.spec?.selector ?? {})) selector[key] ??= null;
    await kube.patch(Core.Service, ref, { metadata: { labels }, spec: { selector } });
    const patch = withoutHelm(there);
    if (patch) await kube.patch(Core.Service, ref, patch);
  }
}

export interface DefaultServingSettings {
  readonly kube: Kube;
  revisions(): readonly SurveyedRevision[];
  tags(): readonly SurveyedTag[];
}

/** Who serves those that name no revision: the injector without one, the default tag, and the validator. */
export class DefaultServing {
  constructor(private readonly settings: DefaultServingSettings) {}

  /** Revision of the validator; undefined where there is none. @throws KubeError */
  async validator(): Promise<string | undefined> {
    const validator = await this.readValidator();
    return validator && (validator.metadata.labels?.[Labels.revision] || defaultName);
  }

  /** Whether an injector without a revision serves. */
  injector(): 'active' | 'inactive' | 'absent' {
    const injector = this.ownInjector();
    if (!injector) return 'absent';
    return isDeactivated(injector) ? 'inactive' : 'active';
  }

  /** The default tag leads to a revision: the injector without one does not serve beside it. */
  async lead(revision: string): Promise<void> {
    await this.pointValidator(revision);
    await this.deactivate(this.ownInjector());
  }

  /** Its injector is there again, without anybody to answer it yet: while the default tag serves, it does not. */
  async giveWay(injector: WebhookConfiguration | undefined): Promise<void> {
    const tag = this.settings.tags().find(({ name }) => name === defaultName);
    if (tag && tag.revision !== defaultName) await this.deactivate(injector);
  }

  /** As it was before the default tag. @throws TaskError where that is not known. */
  async restore(): Promise<void> {
    await this.pointValidator(defaultName);
    const injector = this.ownInjector();
    if (!injector || !isDeactivated(injector)) return;
    const text = injector.metadata.annotations?.[StewardMarks.deactivated];
    const selectors = (text ? JSON.parse(text) : {}) as Record<string, Selectors | undefined>;
    await this.replace(injector, null, (webhook) => {
      const known =
        selectors[webhook.name] ?? usual[webhook.name.split('sidecar-injector')[0] ?? ''];
      if (known) return { ...webhook, ...known };
      throw new TaskError(
        'SelectorsUnknown',
        `nobody wrote down what ${webhook.name} of ${injector.metadata.name} selected; install revision default again`,
      );
    });
  }

  /** A revision goes: with nobody behind it, the validator would refuse every object of Istio's. */
  async leave(revision: string): Promise<void> {
    if ((await this.validator()) !== revision) return;
    const tag = this.settings.tags().find(({ name }) => name === defaultName);
    const others = this.settings
      .revisions()
      .filter(({ name, deployment }) => name !== revision && deployment)
      .sort((a, b) => byVersion(a.version, b.version));
    const next = tag && tag.revision !== revision ? tag.revision : others.at(-1)?.name;
    if (next !== undefined) return await this.pointValidator(next);
    const validator = await this.readValidator();
    if (validator)
      await this.settings.kube.delete(Stewarded.ValidatingWebhookConfiguration, validator);
  }

  private async deactivate(injector: WebhookConfiguration | undefined): Promise<void> {
    if (!injector || isDeactivated(injector)) return;
    const selectors = Object.fromEntries(
      (injector.webhooks ?? []).map(({ name, namespaceSelector, objectSelector }) => [
        name,
        { namespaceSelector, objectSelector },
      ]),
    );
    await this.replace(injector, JSON.stringify(selectors), (webhook) => ({
      ...webhook,
      namespaceSelector: neverMatching,
      objectSelector: neverMatching,
    }));
  }

  private async readValidator(): Promise<WebhookConfiguration | undefined> {
    return await this.settings.kube.get<WebhookConfiguration>(
      Stewarded.ValidatingWebhookConfiguration,
      { name: validatorName },
    );
  }

  private async pointValidator(revision: string): Promise<void> {
    const validator = await this.readValidator();
    if (!validator || (validator.metadata.labels?.[Labels.revision] || defaultName) === revision)
      return;
    const { name, resourceVersion } = validator.metadata;
    const path = (...parts: string[]): string =>
      parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    const services = (validator.webhooks ?? []).flatMap(({ clientConfig }, index) =>
      clientConfig.service
        ? [
            {
              op: 'replace',
              path: path('webhooks', String(index), 'clientConfig', 'service', 'name'),
              value: `istiod${suffixOf(revision)}`,
            },
          ]
        : [],
    );
    await this.settings.kube.patch(Stewarded.ValidatingWebhookConfiguration, { name }, [
      { op: 'test', path: path('metadata', 'resourceVersion'), value: resourceVersion },
      { op: 'add', path: path('metadata', 'labels', Labels.revision), value: revision },
      ...services,
    ]);
  }

  private ownInjector(): WebhookConfiguration | undefined {
    const revision = this.settings.revisions().find(({ name }) => name === defaultName);
    return revision?.injector as WebhookConfiguration | undefined;
  }

  private async replace(
    { metadata: { name, resourceVersion }, webhooks = [] }: WebhookConfiguration,
    note: string | null,
    change: (webhook: Webhook) => Webhook,
  ): Promise<void> {
    await this.settings.kube.patch(
      Stewarded.MutatingWebhookConfiguration,
      { name },
      {
        metadata: { resourceVersion, annotations: { [StewardMarks.deactivated]: note } },
        webhooks: webhooks.map(change),
      },
    );
  }
}

interface Selectors {
  readonly namespaceSelector?: object;
  readonly objectSelector?: object;
}

const is = (key: string, operator: string, ...values: string[]): object => ({
  key,
  operator,
  ...(values.length > 0 && { values }),
});
const all = (...matchExpressions: object[]): object => ({ matchExpressions });
const inject = 'sidecar.istio.io/inject';
const unlabelled = [is(Labels.injection, 'DoesNotExist'), is(Labels.revision, 'DoesNotExist')];

/** What the injector without a revision selects in every version, where istioctl has deactivated it. */
const usual: Readonly<Record<string, Selectors>> = {
  'rev.namespace.': {
    namespaceSelector: all(
      is(Labels.revision, 'In', defaultName),
      is(Labels.injection, 'DoesNotExist'),
    ),
    objectSelector: all(is(inject, 'NotIn', 'false')),
  },
  'rev.object.': {
    namespaceSelector: all(...unlabelled),
    objectSelector: all(is(inject, 'NotIn', 'false'), is(Labels.revision, 'In', defaultName)),
  },
  'namespace.': {
    namespaceSelector: all(is(Labels.injection, 'In', 'enabled')),
    objectSelector: all(is(inject, 'NotIn', 'false')),
  },
  'object.': {
    namespaceSelector: all(...unlabelled),
    objectSelector: all(is(inject, 'In', 'true'), is(Labels.revision, 'DoesNotExist')),
  },
};

function isDeactivated({ webhooks = [] }: WebhookConfiguration): boolean {
  return (
    webhooks.length > 0 &&
    webhooks.every((it) => JSON.stringify(it.namespaceSelector ?? {}).includes('never-match'))
  );
}

function serviceNameOf(tag: string): string {
  return `istiod-revision-tag-${tag}`;
}

function labelsOf({ metadata }: KubeObject): Record<string, string> {
  const own = Object.entries(metadata.labels ?? {}).filter(([key]) => !helmLabels.includes(key));
  return {
    ...Object.fromEntries(own),
    [Marks.managedBy]: managerName,
    [StewardMarks.managed]: 'tag',
  };
}

/** A merge patch that takes off what says that an object is Helm's; undefined where nothing does. */
function withoutHelm({
  metadata: { labels = {}, annotations = {} },
}: KubeObject): object | undefined {
  const nulls = (keys: readonly string[], map: Record<string, string>): Record<string, null> =>
    Object.fromEntries(keys.filter((key) => Object.hasOwn(map, key)).map((key) => [key, null]));
  const without = {
    labels: nulls(helmLabels, labels),
    annotations: nulls(helmAnnotations, annotations),
  };
  const count = Object.keys(without.labels).length + Object.keys(without.annotations).length;
  return count > 0 ? { metadata: without } : undefined;
}
