import {
  Condition,
  type FactName,
  Facts,
  GatewayAddress,
  type IntentName,
  Intents,
  ServicePort,
  State,
} from '@isthmus/contracts';
import { findCluster, findMesh, notFound } from '@isthmus/fleet';
import {
  IsthmusError,
  isNamespacedName,
  type Page,
  type PageRequest,
  pageSize,
  splitNamespacedName,
  toPage,
} from '@isthmus/kernel';
import { Database, Prisma, type Transaction } from '@isthmus/platform';
import { versionOf } from '@isthmus/sync';
import { type Actor, authorize } from '@isthmus/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { compareText, HostJudge, type Verdict } from './hosts.js';
import { loadExports, loadHostRules } from './mesh-loader.js';
import { MeshRows } from './mesh-rows.js';
import {
  clustersetFqdnOf,
  type Finding,
  findProblems,
  fqdnOf,
  isAdmitted,
  portsOf,
  projectHost,
} from './projection.js';

/** A host of the mesh and who offers it. */
export interface MeshServiceView {
  readonly meshId: string;
  /** `namespace/name`: the cursor. */
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
  /** Such as `payments.shop.svc.cluster.local`. */
  readonly fqdn: string;
  readonly clustersetFqdn: string;
  /** Of the first export that stands; of the oldest if none does. */
  readonly ports: readonly ServicePort[];
  readonly headless: boolean;
  /** In the order in which they came; the first of them owns an ungranted host. */
  readonly exporters: readonly ExporterView[];
}

/** One cluster's export of a host, and what was decided of it. */
export interface ExporterView {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly network: string;
  /** As reported, whether or not the export stands. */
  readonly readyEndpoints: number;
  /** Of the ready endpoints; sorted. */
  readonly localities: readonly string[];
  /** The cluster is out of contact; this is the last that was known. */
  readonly stale: boolean;
  readonly valid: boolean;
  readonly conflict: boolean;
  readonly reason: string;
  readonly message: string;
}

/** An export as the exporting cluster sees it. */
export interface ExportView extends ExporterView {
  /** `namespace/name`: the cursor. */
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
  readonly fqdn: string;
  readonly ports: readonly ServicePort[];
  /** "ServiceExport", or the name of an export policy. */
  readonly exportedBy: string;
}

export type IntentState = 'UNKNOWN' | 'PENDING' | 'YES' | 'REFUSED';

/** What became of one intent in one cluster. The four states are never inferred from each other. */
export interface IntentStateView {
  readonly clusterId: string;
  /** Type and name of the intent, such as `Import` and `shop/payments`. */
  readonly type: string;
  readonly name: string;
  /** Version that the states speak of. */
  readonly version: string;
  /** YES once the agent speaks of this version, which it can have from nobody else. */
  readonly sent: IntentState;
  readonly stored: IntentState;
  readonly accepted: IntentState;
  readonly live: IntentState;
  /** Set when a state is REFUSED: the words of whoever refused it. */
  readonly reason: string;
  readonly message: string;
  /** How often an object was put back after somebody else had changed it. */
  readonly corrections: number;
  readonly correctedManagers: readonly string[];
  /** Objects written, as "Kind namespace/name". */
  readonly objects: readonly string[];
  /** When the agent last spoke of the intent; null if it never has. */
  readonly reportedAt: Date | null;
}

/** A service that other clusters offer to this one. */
export interface ImportView {
  /** `namespace/name`: the cursor. */
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
  readonly fqdn: string;
  readonly ports: readonly ServicePort[];
  /** The other clusters, in the order in which they came. */
  readonly exporters: readonly ExporterView[];
  readonly state: IntentStateView;
}

export interface GatewayView {
  readonly clusterId: string;
  readonly namespace: string;
  readonly name: string;
  readonly network: string;
  readonly addresses: readonly GatewayAddress[];
  /** Labels of its pods. */
  readonly selector: Readonly<Record<string, string>>;
  readonly reportedAt: Date;
}

/** What an agent says of its cluster. */
export interface ClusterFactView {
  readonly clusterId: string;
  readonly kubernetesVersion: string;
  readonly agentVersion: string;
  /** Empty when istio-system is not labelled. */
  readonly observedNetwork: string;
  readonly capabilities: readonly string[];
  /** "sidecar", "ambient" or empty. */
  readonly dataPlaneMode: string;
  /** Of istiod; empty when unknown. */
  readonly istioVersions: readonly string[];
  readonly conditions: readonly Condition[];
  readonly reportedAt: Date;
}

type MeshPage = { readonly meshId: string } & PageRequest;

/** Hosts looked at in one go, where only some of them are wanted. */
const scanSize = 500;

/**
 * What people may see of the federation. Decisions are made anew from facts and settings,
 * by the same pure code as the hub's: there is no second truth to fall behind.
 */
@Injectable()
export class FederationReader {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Services of a mesh, by host. @throws NOT_FOUND */
  async services(actor: Actor, { meshId, ...page }: MeshPage): Promise<Page<MeshServiceView>> {
    const size = pageSize(page);
    return this.read(actor, async (tx) => {
      await findMesh(tx, meshId);
      const hosts = await hostsAfter(tx, meshId, page.after, size + 1);
      const mesh = await loadJudged(tx, meshId, hosts);
      return toPage(
        hosts.map((host) => serviceView(meshId, host, mesh.verdicts(host))),
        size,
      );
    });
  }

  /** @throws NOT_FOUND if there is no such mesh, or nobody exports the host. */
  async service(actor: Actor, meshId: string, host: string): Promise<MeshServiceView> {
    return this.read(actor, async (tx) => {
      await findMesh(tx, meshId);
      const verdicts = await loadExported(tx, meshId, host);
      return serviceView(meshId, host, verdicts.verdicts(host));
    });
  }

  /**
   * What became of a host's import in each cluster of the mesh, by cluster id. Nothing
   * while no export of the host stands.
   *
   * @throws NOT_FOUND if there is no such mesh, or nobody exports the host.
   */
  async importStates(
    actor: Actor,
    { meshId, host, ...page }: { readonly host: string } & MeshPage,
  ): Promise<Page<IntentStateView>> {
    const size = pageSize(page);
    return this.read(actor, async (tx) => {
      await findMesh(tx, meshId);
      const version = (await loadExported(tx, meshId, host)).importVersion(host);
      if (version === undefined) return toPage([], size);
      const clusters = await tx.cluster.findMany({
        where: { meshId, removedAt: null, id: { gt: cursorOf(page.after) } },
        select: { id: true },
        orderBy: { id: 'asc' },
        take: size + 1,
      });
      const rows = await tx.fact.findMany({
        where: {
          clusterId: { in: clusters.map(({ id }) => id) },
          type: Facts.IntentStatus.name,
          name: statusName('Import', host),
          withdrawnAt: null,
        },
      });
      const byCluster = new Map(rows.map((row) => [row.clusterId, row]));
      return toPage(
        clusters.map(({ id }) => importState(id, host, version, byCluster.get(id))),
        size,
      );
    });
  }

  /** What a cluster exports, and what was decided of it, by host. @throws NOT_FOUND */
  async exportsOf(actor: Actor, clusterId: string, page: PageRequest): Promise<Page<ExportView>> {
    const size = pageSize(page);
    return this.read(actor, async (tx) => {
      const { meshId, removedAt } = await findCluster(tx, clusterId);
      if (removedAt) return toPage([], size);
      const rows = await factsAfter(tx, clusterId, 'ExportedService', page.after, size + 1);
      const hosts = rows.map(({ name }) => name);
      const mesh = await loadJudged(tx, meshId, hosts);
      const views = hosts.flatMap((host): ExportView[] => {
        const verdict = mesh.verdicts(host).find(({ cluster }) => cluster.id === clusterId);
        return verdict ? [exportView(host, verdict)] : [];
      });
      return toPage(views, size);
    });
  }

  /** What other clusters offer to a cluster, and what became of it there. @throws NOT_FOUND */
  async importsOf(actor: Actor, clusterId: string, page: PageRequest): Promise<Page<ImportView>> {
    const size = pageSize(page);
    return this.read(actor, async (tx) => {
      const { meshId, removedAt } = await findCluster(tx, clusterId);
      if (removedAt) return toPage([], size);
      const found: Omit<ImportView, 'state'>[] = [];
      const versions = new Map<string, string>();
      let after = page.after;
      for (let more = true; more && found.length <= size; ) {
        const hosts = await hostsAfter(tx, meshId, after, scanSize);
        const mesh = await loadJudged(tx, meshId, hosts);
        for (const host of hosts) {
          const sources = mesh.verdicts(host).filter(isAdmitted);
          const [first] = sources;
          const others = sources.filter(({ cluster }) => cluster.id !== clusterId);
          const version = mesh.importVersion(host);
          if (!first || others.length === 0 || version === undefined) continue;
          found.push({
            host,
            ...splitNamespacedName(host),
            fqdn: fqdnOf(host),
            ports: portsOf(first.fact),
            exporters: others.map(exporterView),
          });
          versions.set(host, version);
          if (found.length > size) break;
        }
        after = hosts.at(-1);
        more = hosts.length === scanSize;
      }
      const rows = await tx.fact.findMany({
        where: {
          clusterId,
          type: Facts.IntentStatus.name,
          name: { in: found.map(({ host }) => statusName('Import', host)) },
          withdrawnAt: null,
        },
      });
      const byName = new Map(rows.map((row) => [row.name, row]));
      const views = found.map((view) => ({
        ...view,
        state: importState(
          clusterId,
          view.host,
          versions.get(view.host) ?? '',
          byName.get(statusName('Import', view.host)),
        ),
      }));
      return toPage(views, size);
    });
  }

  /**
   * All that an agent has said of its intents, by `type/name`, which is the cursor.
   *
   * @throws NOT_FOUND
   */
  async intentStatesOf(
    actor: Actor,
    clusterId: string,
    page: PageRequest,
  ): Promise<Page<IntentStateView>> {
    const size = pageSize(page);
    return this.read(actor, async (tx) => {
      await findCluster(tx, clusterId);
      const rows = await factsAfter(tx, clusterId, 'IntentStatus', page.after, size + 1);
      return toPage(rows.map(reportedState), size);
    });
  }

  /** A cluster's east-west gateways, by name; there are a handful. @throws NOT_FOUND */
  async gatewaysOf(actor: Actor, clusterId: string): Promise<GatewayView[]> {
    return this.read(actor, async (tx) => {
      await findCluster(tx, clusterId);
      const rows = await factsAfter(tx, clusterId, 'Gateway', undefined, 200);
      return rows.map((row) => ({
        clusterId,
        ...Facts.Gateway.decode(row.body),
        reportedAt: row.updatedAt,
      }));
    });
  }

  /** In the order of the ids; undefined for each that is not there or has not reported. */
  async clusterFact(
    actor: Actor,
    clusterIds: readonly string[],
  ): Promise<(ClusterFactView | undefined)[]> {
    return this.read(actor, async (tx) => {
      const rows = await tx.fact.findMany({
        where: { clusterId: { in: [...clusterIds] }, type: Facts.Cluster.name, withdrawnAt: null },
      });
      const byCluster = new Map(rows.map((row) => [row.clusterId, row]));
      return clusterIds.map((clusterId) => {
        const row = byCluster.get(clusterId);
        return row && { clusterId, ...Facts.Cluster.decode(row.body), reportedAt: row.updatedAt };
      });
    });
  }

  /** What agents have said of one intent, such as the cluster's settings; in the order of the ids. */
  async intentStateOf(
    actor: Actor,
    clusterIds: readonly string[],
    type: IntentName,
    name: string,
  ): Promise<(IntentStateView | undefined)[]> {
    return this.read(actor, async (tx) => {
      const rows = await tx.fact.findMany({
        where: {
          clusterId: { in: [...clusterIds] },
          type: Facts.IntentStatus.name,
          name: statusName(type, name),
          withdrawnAt: null,
        },
      });
      const byCluster = new Map(rows.map((row) => [row.clusterId, reportedState(row)]));
      return clusterIds.map((clusterId) => byCluster.get(clusterId));
    });
  }

  /** What keeps a mesh from working although every part does. @throws NOT_FOUND */
  async findings(actor: Actor, meshId: string): Promise<Finding[]> {
    return this.read(actor, async (tx) => {
      await findMesh(tx, meshId);
      const rows = await tx.fact.findMany({
        where: {
          meshId,
          type: { in: [Facts.Gateway.name, Facts.Cluster.name] },
          withdrawnAt: null,
        },
      });
      const exporters = await tx.$queryRaw<{ id: string }[]>`
        SELECT DISTINCT cluster_id AS id FROM fact
         WHERE mesh_id = ${meshId} AND type = ${Facts.ExportedService.name}
           AND withdrawn_at IS NULL`;
      return findProblems(
        new HostJudge(await loadHostRules(tx, meshId)),
        new Set(exporters.map(({ id }) => id)),
        MeshRows.of(rows),
      );
    });
  }

  /** Reads on behalf of one who may; row-level security keeps other tenants' rows out. */
  private async read<T>(actor: Actor, work: (tx: Transaction) => Promise<T>): Promise<T> {
    authorize(actor, 'federation.read');
    return this.database.withOrganization(actor.organizationId, work);
  }
}

type StatusRow = Prisma.FactGetPayload<object>;

/** Some hosts of a mesh with everything that decides on them. */
class JudgedHosts {
  private readonly known = new Map<string, Verdict[]>();

  constructor(
    private readonly judge: HostJudge,
    private readonly rows: MeshRows,
  ) {}

  verdicts(host: string): Verdict[] {
    let verdicts = this.known.get(host);
    if (!verdicts) {
      verdicts = this.judge.judge(host, this.rows.exports.get(host) ?? new Map());
      this.known.set(host, verdicts);
    }
    return verdicts;
  }

  /** The version of the import that clusters should have; undefined if there should be none. */
  importVersion(host: string): string | undefined {
    const exports = this.rows.exports.get(host) ?? new Map();
    const body = projectHost(this.judge, host, exports).import;
    return body && versionOf(body);
  }
}

async function loadJudged(
  tx: Transaction,
  meshId: string,
  hosts: readonly string[],
): Promise<JudgedHosts> {
  const rows = MeshRows.of(await loadExports(tx, meshId, hosts));
  return new JudgedHosts(new HostJudge(await loadHostRules(tx, meshId)), rows);
}

/** One host that is exported. @throws NOT_FOUND */
async function loadExported(tx: Transaction, meshId: string, host: string): Promise<JudgedHosts> {
  // What is no name cannot be there, and NUL would not even travel to the database.
  if (!isNamespacedName(host)) throw notFound('service');
  const judged = await loadJudged(tx, meshId, [host]);
  if (judged.verdicts(host).length === 0) throw notFound('service');
  return judged;
}

/** Hosts that some cluster of the mesh exports, in the order of the database's collation. */
async function hostsAfter(
  tx: Transaction,
  meshId: string,
  after: string | undefined,
  count: number,
): Promise<string[]> {
  const rows = await tx.$queryRaw<{ name: string }[]>`
    SELECT DISTINCT f.name
      FROM fact f JOIN cluster c ON c.id = f.cluster_id AND c.removed_at IS NULL
     WHERE f.mesh_id = ${meshId} AND f.type = ${Facts.ExportedService.name}
       AND f.withdrawn_at IS NULL AND f.name > ${cursorOf(after)}
     ORDER BY f.name LIMIT ${count}`;
  return rows.map(({ name }) => name);
}

function factsAfter(
  tx: Transaction,
  clusterId: string,
  type: FactName,
  after: string | undefined,
  count: number,
): Promise<StatusRow[]> {
  return tx.fact.findMany({
    where: { clusterId, type, withdrawnAt: null, name: { gt: cursorOf(after) } },
    orderBy: { name: 'asc' },
    take: count,
  });
}

/** @throws INVALID_ARGUMENT for what was never a cursor. */
function cursorOf(after: string | undefined): string {
  if (after?.includes('\0')) {
    throw new IsthmusError('INVALID_ARGUMENT', 'after must be the cursor of a page before', {
      field: 'after',
    });
  }
  return after ?? '';
}

function serviceView(meshId: string, host: string, verdicts: readonly Verdict[]): MeshServiceView {
  const shown = verdicts.find(isAdmitted) ?? verdicts[0];
  return {
    meshId,
    host,
    ...splitNamespacedName(host),
    fqdn: fqdnOf(host),
    clustersetFqdn: clustersetFqdnOf(host),
    ports: shown ? portsOf(shown.fact) : [],
    headless: shown?.fact.headless ?? false,
    exporters: verdicts.map(exporterView),
  };
}

function exporterView(verdict: Verdict): ExporterView {
  const { cluster, fact, valid, conflict, reason, message } = verdict;
  const ready = fact.groups.filter((group) => group.ready > 0);
  return {
    clusterId: cluster.id,
    clusterName: cluster.name,
    network: cluster.network,
    readyEndpoints: ready.reduce((sum, group) => sum + group.ready, 0),
    localities: [...new Set(ready.map(({ locality }) => locality || cluster.locality))].sort(
      compareText,
    ),
    stale: cluster.stale,
    valid,
    conflict,
    reason,
    message,
  };
}

function exportView(host: string, verdict: Verdict): ExportView {
  return {
    host,
    ...splitNamespacedName(host),
    fqdn: fqdnOf(host),
    ports: portsOf(verdict.fact),
    exportedBy: verdict.fact.exportedBy,
    ...exporterView(verdict),
  };
}

function statusName(type: IntentName, name: string): string {
  return `${Intents[type].name}/${name}`;
}

const states: Readonly<Record<State, IntentState>> = {
  [State.STATE_UNSPECIFIED]: 'UNKNOWN',
  [State.STATE_UNKNOWN]: 'UNKNOWN',
  [State.STATE_PENDING]: 'PENDING',
  [State.STATE_YES]: 'YES',
  [State.STATE_REFUSED]: 'REFUSED',
};

/** A state as people know it. A newer agent may know some that this plane does not. */
export function intentState(state: State): IntentState {
  return states[state] ?? 'UNKNOWN';
}

/** What an agent said of an intent, at the version of which it spoke. */
function reportedState(row: StatusRow): IntentStateView {
  const [type = '', ...name] = row.name.split('/');
  const status = Facts.IntentStatus.decode(row.body);
  return {
    clusterId: row.clusterId,
    type,
    name: name.join('/'),
    version: status.intentVersion,
    sent: 'YES',
    stored: intentState(status.stored),
    accepted: intentState(status.accepted),
    live: intentState(status.live),
    reason: status.reason,
    message: status.message,
    corrections: status.corrections,
    correctedManagers: status.correctedManagers,
    objects: status.objects,
    reportedAt: row.updatedAt,
  };
}

/** What became of an import at the version that the cluster should have by now. */
function importState(
  clusterId: string,
  host: string,
  version: string,
  row: StatusRow | undefined,
): IntentStateView {
  const reported = row && reportedState(row);
  if (reported?.version === version) return reported;
  return {
    clusterId,
    type: Intents.Import.name,
    name: host,
    version,
    sent: 'PENDING',
    stored: 'PENDING',
    accepted: 'PENDING',
    live: 'PENDING',
    reason: '',
    message: '',
    // These outlive a version: the objects are still there, and so is who changes them.
    corrections: reported?.corrections ?? 0,
    correctedManagers: reported?.correctedManagers ?? [],
    objects: reported?.objects ?? [],
    reportedAt: reported?.reportedAt ?? null,
  };
}
