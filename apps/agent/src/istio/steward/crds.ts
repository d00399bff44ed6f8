import type { DesiredRevision } from '@isthmus/contracts';
import type { Kube } from '../../kube/client.js';
import type { KubeObject } from '../../kube/kinds.js';
import { asVersion, byVersion } from '../version.js';
import type { ChartStore } from './charts.js';
import type { Helm } from './helm.js';
import { Stewarded } from './kinds.js';
import { StewardMarks } from './marks.js';
import { TaskError } from './problem.js';
import { documentsOf, objectOf } from './releases.js';

/** Its mark says that of all others: it is written last. */
const last = 'gateways.networking.istio.io';
const isCrd = /^kind: *["']?CustomResourceDefinition\b/m;
/** What says of an object which Helm release it is of. */
const helmLabels = ['app.kubernetes.io/managed-by', 'app.kubernetes.io/instance', 'release'];

/** Istio's custom resource definitions, of the chart base; they never go back to an older version. */
export class IstioCrds {
  constructor(
    private readonly kube: Kube,
    private readonly helm: Helm,
    private readonly charts: ChartStore,
    private readonly namespace: string,
  ) {}

  /** @throws TaskError, HelmError, KubeError */
  async upgrade(revision: DesiredRevision): Promise<void> {
    const { version } = revision;
    if (await this.isDone(last, version)) return;
    const documents = await this.documents(revision);
    const isLast = (document: string): boolean => nameOf(document) === last;
    if (!documents.some(isLast)) {
      throw new TaskError('ChartWithoutCrds', `base-${version} does not have the CRD ${last}`);
    }
    documents.sort((a, b) => Number(isLast(a)) - Number(isLast(b)));
    for (const document of documents) {
      // One at a time: each takes its time to read.
      const crd = objectOf(document);
      if (crd) await this.apply(crd, version);
    }
  }

  /** Of those of a version. @throws TaskError, HelmError */
  async names(revision: DesiredRevision): Promise<string[]> {
    return (await this.documents(revision)).flatMap((document) => nameOf(document) ?? []);
  }

  private async documents({ charts, version }: DesiredRevision): Promise<string[]> {
    const { path } = await this.charts.chart(charts, 'base', version);
    const args = ['template', 'istio-base', path, '--include-crds', '--namespace', this.namespace];
    return documentsOf(await this.helm.run(args)).filter((document) => isCrd.test(document));
  }

  private async isDone(name: string, version: string): Promise<boolean> {
    const there = await this.kube.get<KubeObject>(Stewarded.CustomResourceDefinition, { name });
    return there !== undefined && isOf(there, version);
  }

  private async apply(crd: KubeObject, version: string): Promise<void> {
    const { name, labels = {}, annotations = {} } = crd.metadata;
    if (await this.isDone(name, version)) return;
    await this.kube.apply(Stewarded.CustomResourceDefinition, {
      ...crd,
      metadata: {
        name,
        labels: Object.fromEntries(
          Object.entries(labels).filter(([key]) => !helmLabels.includes(key)),
        ),
        annotations: { ...annotations, [StewardMarks.version]: version },
      },
    });
  }
}

/** Whether we wrote it, or somebody a newer one. */
function isOf({ metadata }: KubeObject, version: string): boolean {
  const { annotations = {}, labels = {} } = metadata;
  if (annotations[StewardMarks.version] === version) return true;
  const isCharts = labels['app.kubernetes.io/part-of'] === 'istio';
  const marks = [
    annotations[StewardMarks.version],
    isCharts ? labels['app.kubernetes.io/version'] : undefined,
  ];
  return marks.some((mark) => byVersion(asVersion(mark), version) > 0);
}

function nameOf(document: string): string | undefined {
  return /^ {2}name: *["']?([^"'\s]+)/m.exec(document)?.[1];
}
