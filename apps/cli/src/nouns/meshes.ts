import { rowsOf } from '../api/api.js';
import type { MeshRowFragment } from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { ago } from '../output/times.js';
import { noun } from './noun.js';

const Meshes = graphql(`
  query Meshes($first: Int, $after: String) {
    meshes(first: $first, after: $after) {
      edges {
        node {
          ...MeshRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
  fragment MeshRow on Mesh {
    id
    name
    trustDomain
    createdAt
  }
`);

const MeshNamed = graphql(`
  query MeshNamed($name: String!) {
    meshByName(name: $name) {
      ...MeshRow
    }
  }
`);

const MeshDetail = graphql(`
  query MeshDetail($id: ID!) {
    mesh(id: $id) {
      id
      name
      trustDomain
      createdAt
      configuration {
        driftPolicy
        currentRelease {
          number
          message
          createdAt
        }
        rolloutPolicy {
          ...WavesAndGate
        }
      }
      upgradeSettings {
        ...UpgradeSettingsParts
      }
      findings {
        code
        clusterId
        message
      }
      trust {
        anchors {
          id
          fingerprint
          notBefore
          notAfter
          retiredAt
        }
      }
      clusters(first: 200) {
        edges {
          node {
            name
            status
            network
            locality
          }
        }
      }
    }
  }
  fragment WavesAndGate on RolloutPolicy {
    waves {
      clusterSelector
      percent
      each
    }
    gate {
      soakSeconds
      timeoutSeconds
      maxRefusedPercent
    }
  }
  fragment UpgradeSettingsParts on UpgradeSettings {
    maxInFlight
    requireApproval
    agent {
      version
      digest
    }
    charts {
      repository
      values
      digests {
        chart
        version
        sha256
      }
    }
    policy {
      canaryNamespaces
      soakSeconds
      graceSeconds
      maxRestarting
      timeoutSeconds
      waves {
        clusterSelector
        percent
        each
      }
    }
    windows {
      name
      clusterSelector
      days
      opens
      minutes
      timeZone
    }
    freezes {
      name
      clusterSelector
      from
      until
    }
  }
`);

export const meshes = noun<MeshRowFragment>({
  name: 'meshes',
  aliases: ['mesh'],
  about: 'Meshes of the organization',
  columns: [
    { title: 'NAME', cell: ({ name }) => name },
    { title: 'TRUST DOMAIN', cell: ({ trustDomain }) => trustDomain },
    { title: 'AGE', cell: ({ createdAt }) => ago(createdAt) },
    { title: 'ID', isWide: true, cell: ({ id }) => id },
  ],
  rows: ({ api }) => rowsOf((page) => api.ask(Meshes, page).then((it) => it.meshes)),
  idOf: ({ id }) => id,
  nameOf: ({ name }) => name,
  named: async ({ api }, name) => (await api.ask(MeshNamed, { name })).meshByName,
  detail: async ({ api }, { id }) => (await api.ask(MeshDetail, { id })).mesh,
});
