import type {
  FleetIstioQuery,
  UpgradeClustersQuery,
  UpgradeFindingsQuery,
  UpgradeSettingsViewQuery,
  UpgradeViewQuery,
} from '../../api/generated/graphql.js';
import { graphql } from '../../api/index.js';

export const UpgradeView = graphql(`
  query UpgradeView($id: ID!) {
    node(id: $id) {
      id
      ... on Upgrade {
        toVersion
        state
        source
        message
        wave
        waveCount
        reason
        detail
        createdBy
        createdAt
        decidedBy
        decidedAt
        startedAt
        finishedAt
        estimate {
          secondsLeft
          finishesAt
        }
        policy {
          waves {
            clusterSelector
            percent
            each
          }
          canaryNamespaces
          soakSeconds
          timeoutSeconds
          graceSeconds
          maxRestarting
        }
      }
    }
  }
`);

export const UpgradeFindings = graphql(`
  query UpgradeFindings($id: ID!) {
    node(id: $id) {
      id
      ... on Upgrade {
        findings {
          severity
          code
          message
          remedy
          object
          cluster {
            id
            name
          }
        }
      }
    }
  }
`);

export const UpgradeClusters = graphql(`
  query UpgradeClusters($id: ID!, $first: Int, $after: String) {
    node(id: $id) {
      id
      ... on Upgrade {
        clusters(first: $first, after: $after) {
          edges {
            node {
              wave
              hop
              hops {
                from
                to
              }
              stage
              held
              reason
              detail
              stageAt
              startedAt
              finishedAt
              cluster {
                id
                name
              }
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);

export const FleetIstio = graphql(`
  query FleetIstio($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
            status
            agent {
              version
              wanted
              state
              message
            }
            istio {
              isManaged
              isSettled
              channel
              revisions {
                name
                version
                installedBy
                replicas
                ready
                proxies
                gateways
                injects
                isManaged
              }
              tags {
                name
                revision
              }
            }
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

export const IstioVersions = graphql(`
  query IstioVersions {
    istioVersions {
      version
      minor
      released
      endOfLife
      isVerified
      channels
    }
  }
`);

export const UpgradeSettingsView = graphql(`
  query UpgradeSettingsView($meshId: ID!) {
    mesh(id: $meshId) {
      id
      upgradeSettings {
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
        maxInFlight
        requireApproval
        policy {
          waves {
            clusterSelector
            percent
            each
          }
          canaryNamespaces
          soakSeconds
          timeoutSeconds
          graceSeconds
          maxRestarting
        }
        charts {
          repository
          digests {
            chart
            version
            sha256
          }
          values
        }
        agent {
          version
          digest
        }
      }
    }
  }
`);

/** An upgrade as its own page shows it. */
export type Upgrade = Extract<
  NonNullable<UpgradeViewQuery['node']>,
  { readonly state: string; readonly toVersion: string }
>;
type ClustersNode = Extract<
  NonNullable<UpgradeClustersQuery['node']>,
  { readonly clusters: unknown }
>;
export type UpgradeCluster = ClustersNode['clusters']['edges'][number]['node'];
type FindingsNode = Extract<
  NonNullable<UpgradeFindingsQuery['node']>,
  { readonly findings: unknown }
>;
export type UpgradeFinding = FindingsNode['findings'][number];
export type FleetCluster = FleetIstioQuery['mesh']['clusters']['edges'][number]['node'];
export type Settings = UpgradeSettingsViewQuery['mesh']['upgradeSettings'];

/** What runs is looked at so often, in ms: what remains changes though nothing happens. */
export const lookMs = 3000;
