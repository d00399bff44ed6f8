import { rowsOf } from '../api/api.js';
import { graphql } from '../api/generated/index.js';
import { ClusterDetail } from '../nouns/clusters.js';
import { eventsOf } from '../nouns/events.js';
import type { Noun } from '../nouns/noun.js';
import { nounOf } from '../nouns/nouns.js';
import { plain } from '../output/plain.js';
import type { Session } from '../session.js';
import type { Archive } from './archive.js';

const IntentStates = graphql(`
  query IntentStates($id: ID!, $first: Int, $after: String) {
    cluster(id: $id) {
      intentStates(first: $first, after: $after) {
        edges {
          node {
            type
            name
            version
            sent
            stored
            accepted
            live
            reason
            message
            objects
            corrections
            correctedManagers
            reportedAt
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);
const ClusterDrift = graphql(`
  query ClusterDrift($id: ID!, $first: Int, $after: String) {
    cluster(id: $id) {
      drift(first: $first, after: $after) {
        edges {
          node {
            name
            change
            outcome
            count
            managers
            seenAt
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);
const ClusterExports = graphql(`
  query ClusterExports($id: ID!, $first: Int, $after: String) {
    cluster(id: $id) {
      exports(first: $first, after: $after) {
        edges {
          node {
            host
            exportedBy
            network
            localities
            readyEndpoints
            valid
            conflict
            stale
            reason
            message
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** Of each list: a cluster of more has its first ones here. */
const mostRows = 5000;
/** Of releases, rollouts and upgrades: the newest. */
const mostHistory = 20;
const mostEvents = 500;

/** What the API tells of a mesh: settings, findings, clusters with their intents, history. */
export async function collectPlane(session: Session, archive: Archive): Promise<void> {
  await archive.part('the mesh', async () => {
    const { id } = await session.mesh();
    const detail = await nounOf('meshes')?.detail?.(session, { id });
    await archive.addData('plane/mesh.json', 'The mesh, its settings and findings', plain(detail));
  });
  for (const name of ['services', 'export-policies', 'host-grants', 'istio-versions']) {
    await collectRows(session, archive, nounOf(name), mostRows, false);
  }
  for (const name of ['releases', 'rollouts', 'upgrades']) {
    await collectRows(session, archive, nounOf(name), mostHistory, true);
  }
  await collectRows(session, archive, eventsOf([]), mostEvents, false);
  await archive.part('the clusters', async () => {
    for await (const row of nounOf('clusters')?.rows(session) ?? []) {
      const { id, name } = row as { readonly id: string; readonly name: string };
      await collectCluster(session, archive, id, name);
    }
  });
}

async function collectRows(
  session: Session,
  archive: Archive,
  noun: Noun | undefined,
  most: number,
  isDetailed: boolean,
): Promise<void> {
  if (!noun) return;
  await archive.part(noun.name, async () => {
    const found: unknown[] = [];
    for await (const row of noun.rows(session)) {
      found.push(isDetailed ? ((await noun.detail?.(session, row)) ?? row) : row);
      if (found.length >= most) break;
    }
    await archive.addData(`plane/${noun.name}.json`, noun.about, plain(found));
  });
}

async function collectCluster(
  { api }: Session,
  archive: Archive,
  id: string,
  name: string,
): Promise<void> {
  const folder = `plane/clusters/${name}`;
  await archive.part(`cluster ${name}`, async () => {
    const { cluster } = await api.ask(ClusterDetail, { id });
    await archive.addData(`${folder}/cluster.json`, `What is known of ${name}`, plain(cluster));
  });
  await archive.part(`intents of ${name}`, async () => {
    const rows = await take(
      rowsOf((page) =>
        api.ask(IntentStates, { id, ...page }).then((it) => it.cluster.intentStates),
      ),
    );
    await archive.addData(`${folder}/intents.json`, `What became of the intents of ${name}`, rows);
  });
  await archive.part(`exports of ${name}`, async () => {
    const rows = await take(
      rowsOf((page) => api.ask(ClusterExports, { id, ...page }).then((it) => it.cluster.exports)),
    );
    await archive.addData(`${folder}/exports.json`, `What ${name} offers`, rows);
  });
  await archive.part(`drift of ${name}`, async () => {
    const rows = await take(
      rowsOf((page) => api.ask(ClusterDrift, { id, ...page }).then((it) => it.cluster.drift)),
    );
    await archive.addData(`${folder}/drift.json`, `What others changed in ${name}`, rows);
  });
}

async function take<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const taken: Row[] = [];
  for await (const row of rows) {
    taken.push(row);
    if (taken.length >= mostRows) break;
  }
  return taken;
}
