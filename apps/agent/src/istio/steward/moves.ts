import type { Kube } from '../../kube/client.js';
import { Core, type KubeObject, type Namespace } from '../../kube/kinds.js';
import { Labels } from '../marks.js';
import { injection } from './following.js';
import { gatewayKind } from './inspection.js';
import { Stewarded, type Workload } from './kinds.js';
import { StewardMarks } from './marks.js';
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
    const there = kind && (await this.kube.get<Gateway>(kind, { namespace, name }));
    if (!kind || !there) return;
    const { labels = {}, annotations = {}, resourceVersion } = there.metadata;
    const pinnedFrom = annotations[StewardMarks.pinnedFrom];
    const before = pinnedFrom ?? labels[Labels.revision] ?? '';
    const label = revision ?? (before || null);
    const note = revision === undefined ? null : before;
    const { parts, infrastructure } =
      revision === undefined
        ? released(there)
        : pinnedFrom === undefined
          ? heldStill(there)
          : unchanged;
    await this.kube.patch(
      kind,
      { namespace, name },
      {
        metadata: {
          resourceVersion,
          labels: { [Labels.revision]: label },
          annotations: {
            [StewardMarks.pinnedFrom]: note,
            ...(parts !== undefined && { [StewardMarks.pinnedParts]: parts }),
          },
        },
        ...(infrastructure !== undefined && { spec: { infrastructure } }),
      },
    );
  }
}

interface Gateway extends KubeObject {
  readonly spec?: {
    readonly infrastructure?: {
      readonly labels?: Record<string, string>;
      readonly annotations?: Record<string, string>;
    };
  };
}

interface InfrastructurePatch {
  readonly parts?: string | null;
  readonly infrastructure?: Readonly<Record<string, Record<string, string> | null>> | null;
}

const unchanged: InfrastructurePatch = {};
const infrastructureParts = ['labels', 'annotations'] as const;
/** As the Gateway API allows in its infrastructure. */
const most = { entries: 8, valueLength: 4096 };
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Labels and annotations for a Gateway's Pods as they are now: istiod gives them those of the Gateway
 * itself where it names none, and would restart them for each pin.
 */
function heldStill({ metadata, spec }: Gateway): InfrastructurePatch {
  const missing = infrastructureParts.filter((part) => !spec?.infrastructure?.[part]);
  const copies = missing.map((part) => {
    const entries = Object.entries(metadata[part] ?? {});
    // Istiod passes on neither.
    const passedOn = ([key]: [string, string]): boolean =>
      key !== lastApplied && !key.startsWith('gateway.networking.k8s.io/');
    return [part, Object.fromEntries(entries.filter(passedOn))] as const;
  });
  const fits = copies.every(([, copy]) => {
    const values = Object.values(copy);
    return values.length <= most.entries && values.every((it) => it.length <= most.valueLength);
  });
  // Half of it would not spare the restart.
  if (!fits || missing.length === 0) return unchanged;
  return { parts: missing.join(','), infrastructure: Object.fromEntries(copies) };
}

/** What `heldStill` wrote, taken back. */
function released({ metadata, spec }: Gateway): InfrastructurePatch {
  const parts = metadata.annotations?.[StewardMarks.pinnedParts];
  if (parts === undefined) return unchanged;
  const ours = parts.split(',');
  const isAllOurs = Object.keys(spec?.infrastructure ?? {}).every((key) => ours.includes(key));
  return {
    parts: null,
    infrastructure: isAllOurs ? null : Object.fromEntries(ours.map((part) => [part, null])),
  };
}
