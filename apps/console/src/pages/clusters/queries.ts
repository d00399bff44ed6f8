import type { ClusterQuery } from '../../api/generated/graphql.js';
import { graphql } from '../../api/index.js';

export const Cluster = graphql(`
  query Cluster($id: ID!) {
    cluster(id: $id) {
      id
      name
      kind
      status
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
      lockReason
      heldRemovals
      recoveries
      istioVersions
      kubernetesVersion
      capabilities
      conditions {
        type
        status
        reason
        message
      }
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
        objects
        stored
        pending
        refused
        accepted
        unaccepted
        absent
        current
        live
        liveMessage
        proxies
        proxiesLive
        problems {
          object
          reason
          message
        }
        release {
          number
          message
        }
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
      signingCertificate {
        notBefore
        notAfter
        renewAt
        serial
        keyId
      }
      agentCertificateExpiresAt
    }
  }
`);

export const CreateJoinToken = graphql(`
  mutation CreateJoinToken($input: CreateJoinTokenInput!) {
    createJoinToken(input: $input) {
      helmCommand
      joinToken {
        expiresAt
      }
      cluster {
        id
      }
    }
  }
`);

/** A cluster as its own page shows it. */
export type ClusterNode = ClusterQuery['cluster'];
export type Joining = ClusterNode['joining'];

/** How to join, as long as it is known: the token is shown once. */
export interface JoinState {
  readonly helmCommand: string;
  readonly expiresAt: string;
}
