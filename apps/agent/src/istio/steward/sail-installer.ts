import type { DesiredRevision } from '@isthmus/contracts';
import type { Kube } from '../../kube/client.js';
import type { KubeObject } from '../../kube/kinds.js';
import type { OwnedObject } from '../kinds.js';
import { suffixOf } from '../marks.js';
import type { SurveyedRevision } from '../survey.js';
import type { FenceRecord } from './fence.js';
import { isMadeBySail } from './inspection.js';
import type { Installer } from './installer.js';
import { Sail, Stewarded } from './kinds.js';
import { StewardMarks } from './marks.js';
import { wishOf } from './plan.js';
import { TaskError } from './problem.js';
import { type Values, valuesOf } from './values.js';

export interface SailInstallerSettings {
  readonly kube: Kube;
  readonly record: FenceRecord;
  readonly istioNamespace: string;
  revisions(): readonly SurveyedRevision[];
}

interface IstioRevision extends OwnedObject {
  metadata: OwnedObject['metadata'] & {
    ownerReferences?: { kind: string; name: string; uid?: string }[];
  };
  spec?: { version?: string; namespace?: string; values?: Values };
}

/** Istiods of the Sail operator, which installs what an IstioRevision says, and brings the CRDs. */
export class SailInstaller implements Installer {
  constructor(private readonly settings: SailInstallerSettings) {}

  async install(revision: DesiredRevision): Promise<void> {
    const { kube, istioNamespace: namespace } = this.settings;
    const { name, version } = revision;
    const there = await kube.get<IstioRevision>(Sail.IstioRevision, { name });
    const owner = there && ownerOf(there);
    if (owner) {
      throw new TaskError(
        'NotManaged',
        `IstioRevision ${name} is what Istio ${owner.name} makes it; upgrade to another revision`,
      );
    }
    const from = revision.valuesFrom || name;
    const source = await kube.get<IstioRevision>(Sail.IstioRevision, { name: from });
    const text = Buffer.from(revision.values).toString();
    const values = valuesOf({
      from: {
        values: source?.spec?.values ?? {},
        version: (source?.spec?.version ?? '').replace(/^v/, ''),
        revision: from,
      },
      over: text === '' ? {} : (JSON.parse(text) as Values),
      revision: name,
      version,
      namespace,
    });
    // Of the charts, and no field of the operator's.
    const { revisionTags: _tags, deploymentLabels: _labels, ...known } = values;
    await kube.apply(Sail.IstioRevision, {
      metadata: { name, labels: { [StewardMarks.managed]: 'revision' } },
      spec: {
        version: `v${version}`,
        namespace,
        values: {
          ...known,
          global: { ...(known.global as object | undefined), istioNamespace: namespace },
        },
      },
    } as IstioRevision);
    const ref = { namespace, name: `istiod${suffixOf(name)}` };
    const deployment = await kube.get<KubeObject>(Stewarded.Deployment, ref);
    if (!deployment) {
      const message = `the Sail operator has not made Deployment ${namespace}/${ref.name} yet; see the conditions of IstioRevision ${name}`;
      throw new TaskError('Installing', message, true);
    }
    await kube.patch(Stewarded.Deployment, ref, {
      metadata: {
        labels: { [StewardMarks.managed]: 'revision' },
        annotations: { [StewardMarks.origin]: 'install', [StewardMarks.wish]: wishOf(revision) },
      },
    });
  }

  async remove({ name }: DesiredRevision): Promise<void> {
    const { kube, record, istioNamespace: namespace } = this.settings;
    await record.beginRemoval(name, '');
    const there = await kube.get<IstioRevision>(Sail.IstioRevision, { name });
    if (there) await this.delete(there);
    const ref = { namespace, name: `istiod${suffixOf(name)}` };
    if (there || (await kube.get(Stewarded.Deployment, ref))) {
      throw new TaskError('Leaving', `the Sail operator takes revision ${name} away`, true);
    }
    await record.endRemoval(name);
  }

  /** One that an Istio makes goes with it: by itself it would be made again. */
  private async delete(revision: IstioRevision): Promise<void> {
    const { kube } = this.settings;
    const owner = ownerOf(revision);
    if (!owner) return await kube.delete(Sail.IstioRevision, revision);
    const { items } = await kube.list<IstioRevision>(Sail.IstioRevision);
    const others = items.filter(
      (it) => ownerOf(it)?.name === owner.name && it.metadata.name !== revision.metadata.name,
    );
    if (others.length > 0) {
      const names = others.map(({ metadata }) => metadata.name).join(', ');
      throw new TaskError(
        'NotManaged',
        `IstioRevision ${revision.metadata.name} is of Istio ${owner.name}, which makes ${names} as well; change its spec.version`,
      );
    }
    const istio = await kube.get<KubeObject>(Sail.Istio, { name: owner.name });
    if (istio) await kube.delete(Sail.Istio, istio);
  }
}

function ownerOf({ metadata }: IstioRevision): { name: string } | undefined {
  return metadata.ownerReferences?.find(({ kind }) => kind === Sail.Istio.kind);
}

/** Whether a revision is the Sail operator's, or is to be. */
export function isSails(
  revisions: readonly SurveyedRevision[],
  { name, valuesFrom }: DesiredRevision,
): boolean {
  const of = (wanted: string): SurveyedRevision | undefined =>
    revisions.find((it) => it.name === wanted && it.deployment);
  const there = of(name);
  if (there && isMadeBySail(there)) return true;
  // One of a Helm release that is not Sail's.
  if (there?.helmRelease) return false;
  const from = of(valuesFrom);
  return from ? isMadeBySail(from) : revisions.some(isMadeBySail);
}
