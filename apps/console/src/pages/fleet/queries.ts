import type { FleetQuery } from '../../api/generated/graphql.js';
import { graphql } from '../../api/index.js';

export const Fleet = graphql(`
  query Fleet($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
            status
            network
            locality
            istioVersions
            kubernetesVersion
            agentVersion
            lastContactAt
            lockReason
            heldRemovals
            conditions {
              type
              reason
              message
            }
            configuration {
              number
              objects
              stored
              pending
              refused
              unaccepted
              current
              live
              liveMessage
            }
            joining {
              done
              steps {
                name
                state
                reason
                message
                remedy
              }
            }
            signingCertificate {
              notAfter
              renewAt
            }
            agentCertificateExpiresAt
            drift(first: 10) {
              edges {
                node {
                  name
                }
              }
              pageInfo {
                hasNextPage
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

export const FleetMesh = graphql(`
  query FleetMesh($meshId: ID!) {
    mesh(id: $meshId) {
      name
      trustDomain
      findings {
        clusterId
        code
        message
      }
    }
  }
`);

export const FleetImports = graphql(`
  query FleetImports($meshId: ID!) {
    mesh(id: $meshId) {
      topology {
        services {
          id
          importers {
            clusterId
            state
          }
        }
      }
    }
  }
`);

/** A cluster as the fleet shows it. */
export type FleetCluster = FleetQuery['mesh']['clusters']['edges'][number]['node'];
