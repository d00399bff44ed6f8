import { graphql } from '../../api/index.js';

export const MeshFacts = graphql(`
  query MeshFacts($meshId: ID!) {
    mesh(id: $meshId) {
      id
      name
      trustDomain
      createdAt
      configuration {
        driftPolicy
      }
    }
  }
`);

export const ExportPolicies = graphql(`
  query ExportPolicies($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      exportPolicies(first: $first, after: $after) {
        edges {
          node {
            id
            name
            createdAt
            namespaceSelector {
              matchLabels {
                key
                value
              }
              matchExpressions {
                key
                operator
                values
              }
            }
            serviceSelector {
              matchLabels {
                key
                value
              }
              matchExpressions {
                key
                operator
                values
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

export const HostGrants = graphql(`
  query HostGrants($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      hostGrants(first: $first, after: $after) {
        edges {
          node {
            id
            namespace
            service
            clusterIds
            createdAt
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

export const GrantableClusters = graphql(`
  query GrantableClusters($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
            status
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
