import type { ClusterStatus } from '../../api/generated/graphql.js';
import { graphql } from '../../api/index.js';

export const MeshTrust = graphql(`
  query MeshTrust($meshId: ID!) {
    mesh(id: $meshId) {
      id
      trust {
        trustDomain
        anchors {
          id
          fingerprint
          notBefore
          notAfter
          pem
          retiredAt
        }
        signingCertificates {
          clusterId
          issuerRootId
          serial
          notBefore
          notAfter
          renewAt
        }
      }
    }
  }
`);

export const TrustMembers = graphql(`
  query TrustMembers($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      id
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
            status
            recoveries
            agentCertificateExpiresAt
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

export interface Anchor {
  readonly id: string;
  /** SHA-256, hex. */
  readonly fingerprint: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly pem: string;
  readonly retiredAt: string | null;
}

export interface SigningCertificate {
  readonly clusterId: string;
  readonly issuerRootId: string;
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly renewAt: string;
}

export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly status: ClusterStatus;
  /** How often its agent came back with an expired certificate. */
  readonly recoveries: number;
  readonly agentCertificateExpiresAt: string | null;
}

/** A cluster of the mesh, with what its istiod signs by. */
export interface Member {
  readonly cluster: Cluster;
  readonly signing: SigningCertificate | undefined;
}

export function membersOf(
  clusters: readonly Cluster[],
  certificates: readonly SigningCertificate[],
): Member[] {
  const byCluster = new Map(
    certificates.map((certificate) => [certificate.clusterId, certificate]),
  );
  return clusters
    .filter(({ status }) => status !== 'REMOVED')
    .map((cluster) => ({ cluster, signing: byCluster.get(cluster.id) }));
}
