import { graphql } from '../../api/index.js';

/** Where a mesh is headed, and what is on the way there. */
export const ConfigurationHead = graphql(`
  query ConfigurationHead($meshId: ID!) {
    mesh(id: $meshId) {
      id
      configuration {
        driftPolicy
        currentRelease {
          id
          number
          message
          createdBy
          createdAt
          objectCount
        }
        rolloutPolicy {
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
      }
      releases(first: 1) {
        edges {
          node {
            id
            number
            createdAt
          }
        }
      }
      rollouts(first: 20) {
        edges {
          node {
            id
            state
            stage
            wave
            waves {
              index
            }
            reason
            detail
            createdAt
            finishedAt
            message
            release {
              id
              number
            }
          }
        }
      }
    }
  }
`);

/** A release as the folder that it was written as. */
export const ReleaseFolder = graphql(`
  query ReleaseFolder($id: ID!) {
    node(id: $id) {
      id
      ... on Release {
        number
        files {
          path
          content
        }
      }
    }
  }
`);

export const CheckFiles = graphql(`
  mutation CheckFiles($input: CheckConfigurationInput!) {
    checkConfiguration(input: $input) {
      valid
      objectCount
      problems {
        code
        severity
        message
        remedy
        path
        line
        object
      }
      changes {
        name
        change
        diff
      }
    }
  }
`);

export const ConfigurationKinds = graphql(`
  query EditorKinds {
    configurationKinds {
      apiVersion
      kind
      family
      schema
      example
      description
    }
  }
`);

export const UpdateSettings = graphql(`
  mutation UpdateConfigurationSettings($input: UpdateConfigurationSettingsInput!) {
    updateConfigurationSettings(input: $input) {
      settings {
        driftPolicy
      }
    }
  }
`);

/** All releases of a mesh, the newest first. */
export const Releases = graphql(`
  query Releases($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      releases(first: $first, after: $after) {
        edges {
          node {
            id
            number
            message
            source
            createdBy
            createdAt
            objectCount
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
