import { type DriftFact, Facts } from '@isthmus/contracts';
import { type Page, type PageRequest, pageSize, toPage } from '@isthmus/kernel';
import { Database, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { selectableLabels } from './clusters.js';
import { noRelease } from './compiled-release.js';
import { ConfigurationSource, configurationOf } from './configuration-source.js';
import { ReleaseContents } from './contents.js';
import { differences, type ObjectChange } from './difference.js';
import type { ConfigurationObject, JsonObject } from './objects.js';
import { findRelease } from './releases.js';
import { loadClusters } from './rollout-progress.js';

/** What would become of one cluster. */
export interface PreviewView {
  readonly clusterId: string;
  /** Number of the release that it is to run now; null for none. */
  readonly from: number | null;
  readonly changes: readonly ObjectChange[];
}

/** The difference between what clusters run and what they would. */
@Injectable()
export class PreviewService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigurationSource) private readonly source: ConfigurationSource,
    @Inject(ReleaseContents) private readonly contents: ReleaseContents,
  ) {}

  /**
   * For each cluster, by id: what it was last given, with the drift in it that is tolerated,
   * against what the release has for it.
   *
   * @throws NOT_FOUND
   */
  async preview(
    actor: Actor,
    { releaseId, ...page }: { releaseId: string } & PageRequest,
  ): Promise<Page<PreviewView>> {
    authorize(actor, 'configuration.read');
    const size = pageSize(page);
    return this.database.withOrganization(actor.organizationId, async (tx) => {
      const { meshId } = await findRelease(tx, releaseId);
      const release = (await this.contents.load(tx, [releaseId])).get(releaseId) ?? noRelease;
      const settings = await this.source.settings(tx, meshId);
      const clusters = (await loadClusters(tx, meshId))
        .filter(({ id, removed }) => !removed && (!page.after || id > page.after))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, size + 1);
      const drifted = await loadDrift(
        tx,
        clusters.map(({ id }) => id),
      );
      const previews = clusters.map((cluster): PreviewView => {
        const labels = selectableLabels(cluster);
        const own = configurationOf(settings, cluster.id);
        const before = (own?.release ?? noRelease).variantFor(labels).objects;
        const after = release.variantFor(labels).objects;
        return {
          clusterId: cluster.id,
          from: own?.release.number ?? null,
          changes: differences(withDrift(before, drifted.get(cluster.id)), after),
        };
      });
      return toPage(previews, size);
    });
  }
}

/** Drift that stands, by cluster id and by the name of the object's intent. */
export async function loadDrift(
  tx: Transaction,
  clusterIds: readonly string[],
): Promise<Map<string, Map<string, DriftFact>>> {
  const rows = await tx.fact.findMany({
    where: { clusterId: { in: [...clusterIds] }, type: Facts.Drift.name, withdrawnAt: null },
    select: { clusterId: true, name: true, body: true },
  });
  const byCluster = new Map<string, Map<string, DriftFact>>();
  for (const { clusterId, name, body } of rows) {
    const drift = Facts.Drift.decode(body);
    if (drift.outcome !== 'tolerated') continue;
    const facts = byCluster.get(clusterId) ?? new Map<string, DriftFact>();
    byCluster.set(clusterId, facts.set(name, drift));
  }
  return byCluster;
}

function withDrift(
  objects: ReadonlyMap<string, ConfigurationObject>,
  drifted: ReadonlyMap<string, DriftFact> | undefined,
): ReadonlyMap<string, ConfigurationObject> {
  if (!drifted) return objects;
  const real = new Map(objects);
  for (const [name, drift] of drifted) {
    const object = real.get(name);
    if (!object) continue;
    if (drift.change === 'deleted') real.delete(name);
    else if (drift.manifest.length > 0) real.set(name, { ...object, ...partsOf(drift.manifest) });
  }
  return real;
}

/** What an agent found of an object: its labels, annotations and spec. */
export function partsOf(
  manifest: Uint8Array,
): Pick<ConfigurationObject, 'labels' | 'annotations' | 'spec'> {
  const { labels, annotations, spec } = JSON.parse(Buffer.from(manifest).toString()) as JsonObject;
  return {
    labels: (labels ?? {}) as Record<string, string>,
    annotations: (annotations ?? {}) as Record<string, string>,
    spec: (spec ?? {}) as JsonObject,
  };
}
