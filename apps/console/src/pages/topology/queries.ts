import { graphql } from '../../api/index.js';

export const TopologyClusters = graphql(`
  query TopologyClusters($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
            network
            locality
            status
            gateways {
              namespace
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
`);

export const TopologyServices = graphql(`
  query TopologyServices($meshId: ID!) {
    mesh(id: $meshId) {
      topology {
        total
        truncated
        services {
          id
          host
          namespace
          name
          identities
          mutualTls
          policies {
            name
            action
            summary
          }
          exporters {
            clusterId
            network
            readyEndpoints
            localities
            valid
            conflict
            stale
            reason
          }
          importers {
            clusterId
            state
            reason
            message
          }
        }
      }
    }
  }
`);
