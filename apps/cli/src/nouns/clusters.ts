import { rowsOf } from '../api/api.js';
import type { ClusterRowFragment, ClusterStatus } from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { ago } from '../output/times.js';
import { paint } from '../terminal.js';
import { noun } from './noun.js';

const Clusters = graphql(`
  query Clusters($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      clusters(first: $first, after: $after) {
        edges {
          node {
            ...ClusterRow
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
  fragment ClusterRow on Cluster {
    id
    name
    status
    network
    locality
    cidrs
    labels {
      key
      value
    }
    kubernetesVersion
    istioVersions
    agentVersion
    lockReason
    createdAt
    lastContactAt
  }
`);

const ClusterNamed = graphql(`
  query ClusterNamed($meshId: ID!, $name: String!) {
    mesh(id: $meshId) {
      cluster(name: $name) {
        ...ClusterRow
      }
    }
  }
`);

/** Short of lists that have a page, which bug-report reads in full. */
export const ClusterDetail = graphql(`
  query ClusterDetail($id: ID!) {
    cluster(id: $id) {
      id
      name
      kind
      status
      lockReason
      network
      locality
      cidrs
      labels {
        key
        value
      }
      createdAt
      connectedAt
      lastContactAt
      removedAt
      recoveries
      kubernetesVersion
      istioVersions
      agentVersion
      agentCertificateExpiresAt
      capabilities
      agent {
        version
        image
        wanted
        state
        reason
        message
      }
      conditions {
        type
        status
        reason
        message
      }
      joining {
        done
        steps {
          name
          state
          at
          reason
          message
          remedy
        }
      }
      heldRemovals
      gateways {
        namespace
        name
        network
        addresses {
          type
          value
          port
        }
      }
      configuration {
        number
        current
        objects
        stored
        accepted
        pending
        refused
        unaccepted
        absent
        live
        liveMessage
        proxies
        proxiesLive
        problems {
          object
          reason
          message
        }
      }
      channel
      istio {
        isManaged
        isSettled
        crdVersion
        revisions {
          name
          version
          installedBy
          isManaged
          replicas
          ready
          injects
          proxies
          gateways
        }
        tags {
          name
          revision
          isManaged
        }
        tasks {
          type
          object
          state
          reason
          message
        }
      }
      upgrade {
        stage
        stageAt
        reason
        detail
        upgrade {
          id
          toVersion
        }
      }
      signingCertificate {
        serial
        notBefore
        notAfter
        renewAt
      }
    }
  }
`);

const tones: Readonly<Record<ClusterStatus, 'good' | 'bad' | 'busy' | 'faint'>> = {
  CONNECTED: 'good',
  LOCKED: 'bad',
  OUT_OF_CONTACT: 'bad',
  PENDING: 'busy',
  REMOVED: 'faint',
};

export const clusters = noun<ClusterRowFragment>({
  name: 'clusters',
  aliases: ['cluster'],
  about: 'Clusters of the mesh',
  isOfMesh: true,
  columns: [
    { title: 'NAME', cell: ({ name }) => name },
    { title: 'STATUS', cell: ({ status }) => paint(tones[status], status) },
    { title: 'NETWORK', cell: ({ network }) => network },
    { title: 'LOCALITY', cell: ({ locality }) => locality },
    { title: 'KUBERNETES', cell: ({ kubernetesVersion }) => kubernetesVersion },
    { title: 'ISTIO', cell: ({ istioVersions }) => istioVersions.join(',') },
    { title: 'CONTACT', cell: ({ lastContactAt }) => ago(lastContactAt) },
    { title: 'AGENT', isWide: true, cell: ({ agentVersion }) => agentVersion },
    {
      title: 'LABELS',
      isWide: true,
      cell: ({ labels }) => labels.map(({ key, value }) => `${key}=${value}`).join(','),
    },
    { title: 'ID', isWide: true, cell: ({ id }) => id },
  ],
  rows: async function* (session) {
    const { id: meshId } = await session.mesh();
    yield* rowsOf((page) =>
      session.api.ask(Clusters, { meshId, ...page }).then(({ mesh }) => mesh.clusters),
    );
  },
  idOf: ({ id }) => id,
  nameOf: ({ name }) => name,
  named: async (session, name) => {
    const { id: meshId } = await session.mesh();
    return (await session.api.ask(ClusterNamed, { meshId, name })).mesh.cluster;
  },
  detail: async ({ api }, { id }) => (await api.ask(ClusterDetail, { id })).cluster,
});
