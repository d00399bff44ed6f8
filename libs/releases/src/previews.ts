import { type DriftFact, Facts } from '@isthmus/contracts';
import { type Page, type PageRequest, pageSize, toPage } from '@isthmus/kernel';
import { Database, type Transaction } from '@isthmus/platform';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { selectableLabels } from './clusters.js';
import { noRelease, type Variant } from './compiled-release.js';
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
    const { items, drifted, hasNext } = await this.database.withOrganization(
      actor.organizationId,
      async (tx) => {
        const { meshId } = await findRelease(tx, releaseId);
        const release = (await this.contents.load(tx, [releaseId])).get(releaseId) ?? noRelease;
        const settings = await this.source.settings(tx, meshId);
        const all = (await loadClusters(tx, meshId))
          .filter(({ id, removed }) => !removed && (!page.after || id > page.after))
          .sort((a, b) => (a.id < b.id ? -1 : 1));
        const clusters = toPage(all, size);
        const ids = clusters.items.map(({ id }) => id);
        const pairs = clusters.items.map((cluster) => {
          const labels = selectableLabels(cluster);
          const own = configurationOf(settings, cluster.id)?.release;
          return {
            clusterId: cluster.id,
            from: own?.number ?? null,
            before: (own ?? noRelease).variantFor(labels),
            after: release.variantFor(labels),
          };
        });
        return { items: pairs, drifted: await loadDrift(tx, ids), hasNext: clusters.hasNext };
      },
    );
    // Most clusters go from the same to the same.
    const known = new Map<string, readonly ObjectChange[]>();
    const previews = items.map(({ clusterId, from, before, after }): PreviewView => {
      const drift = drifted.get(clusterId);
      const key = `${before.digest} ${after.digest}`;
      const changes = (drift ? undefined : known.get(key)) ?? changesOf(before, after, drift);
      if (!drift) known.set(key, changes);
      return { clusterId, from, changes };
    });
    return { items: previews, hasNext };
  }
}

/** What becomes of a cluster; what only other clusters have otherwise is no change of this one. */
function changesOf(
  before: Variant,
  after: Variant,
  drift: ReadonlyMap<string, DriftFact> | undefined,
): readonly ObjectChange[] {
  const names = [...before.resources.keys(), ...after.resources.keys(), ...(drift?.keys() ?? [])];
  const changed = new Set(
    names.filter(
      (name) =>
        drift?.has(name) ||
        before.resources.get(name)?.version !== after.resources.get(name)?.version,
    ),
  );
  const pick = (objects: ReadonlyMap<string, ConfigurationObject>) =>
    new Map(
      [...objects]
        .filter(([name]) => changed.has(name))
        .map(([name, object]): [string, ConfigurationObject] => [
          name,
          { ...object, clusters: [] },
        ]),
    );
  return differences(withDrift(pick(before.objects), drift), pick(after.objects));
}

/** Drift that stands, by cluster id and by the name of the object's intent. */
async function loadDrift(
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
