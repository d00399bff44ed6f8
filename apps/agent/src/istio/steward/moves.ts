import type { Kube } from '../../kube/client.js';
import { Core, type KubeObject, type Namespace } from '../../kube/kinds.js';
import { injection } from './following.js';
import { gatewayKind } from './inspection.js';
import { Stewarded, type Workload } from './kinds.js';
import { Labels, StewardMarks } from './marks.js';
import type { WorkloadRef } from './plan.js';

/** Who follows whom: labels of namespaces and Gateways, and new Pods for workloads. */
export class Moves {
  constructor(private readonly kube: Kube) {}

  /** Takes an istiod over: it says so itself from now on, and nothing else of it changes. @throws KubeError */
  async adopt(namespace: string, name: string): Promise<void> {
    await this.kube.patch(
      Stewarded.Deployment,
      { namespace, name },
      {
        metadata: {
          labels: { [StewardMarks.managed]: 'revision' },
          annotations: { [StewardMarks.origin]: 'adopt' },
        },
      },
    );
  }

  /** @param follows As in DesiredNamespace. @throws KubeError */
  async follow(name: string, follows: string): Promise<void> {
    const labels =
      follows === injection
        ? { [Labels.injection]: 'enabled', [Labels.revision]: null }
        : // Whoever has the first is not asked for the second.
          { [Labels.injection]: null, [Labels.revision]: follows };
    await this.kube.patch<Namespace>(Core.Namespace, { name }, { metadata: { labels } });
  }

  /**
   * New Pods for a workload, once: one that was restarted for this revision and is not through yet is
   * left alone, also by whoever begins after a crash.
   * @param isThrough Whether a workload as it is now has come to the end of its rollout.
   * @throws KubeError, with 409 if somebody changes it at the same time.
   */
  async restart(
    { kind, namespace, name }: WorkloadRef,
    revision: string,
    isThrough: (workload: Workload) => boolean,
  ): Promise<void> {
    const ref = { namespace, name };
    const there = await this.kube.get<Workload>(Stewarded[kind], ref);
    if (!there) return;
    const { annotations = {} } = there.spec?.template?.metadata ?? {};
    if (annotations[StewardMarks.restartedFor] === revision && !isThrough(there)) return;
    await this.kube.patch<Workload>(Stewarded[kind], ref, {
      metadata: { resourceVersion: there.metadata.resourceVersion },
      spec: {
        template: {
          metadata: {
            annotations: {
              [StewardMarks.restartedAt]: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
              [StewardMarks.restartedFor]: revision,
            },
          },
        },
      },
    });
  }

  /** Holds a Gateway at a revision, or (undefined) lets it be as it was before. @throws KubeError */
  async pin(
    { namespace, name }: { readonly namespace: string; readonly name: string },
    revision: string | undefined,
  ): Promise<void> {
    const kind = await gatewayKind(this.kube);
    const there = kind && (await this.kube.get<KubeObject>(kind, { namespace, name }));
    if (!kind || !there) return;
    const { labels = {}, annotations = {}, resourceVersion } = there.metadata;
    const pinnedFrom = annotations[StewardMarks.pinnedFrom];
    const before = pinnedFrom ?? labels[Labels.revision] ?? '';
    const label = revision ?? (before || null);
    const note = revision === undefined ? null : before;
    await this.kube.patch(
      kind,
      { namespace, name },
      {
        metadata: {
          resourceVersion,
          labels: { [Labels.revision]: label },
          annotations: { [StewardMarks.pinnedFrom]: note },
        },
      },
    );
  }
}
