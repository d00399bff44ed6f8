/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** How a cluster stands with the plane; what runs in it goes on in any case */
export type ClusterStatus =
  | 'CONNECTED'
  /** Two held its identity; see lockReason, and unlock it */
  | 'LOCKED'
  /** Its agent is not heard of; the cluster may be well */
  | 'OUT_OF_CONTACT'
  /** Its agent has not come yet */
  | 'PENDING'
  | 'REMOVED';

export type CreateApiTokenInput = {
  /** Within a year */
  expiresAt: string;
  name: string;
  /** Of Kubernetes: those whose configuration it may change; all unless said */
  namespaces?: Array<string> | null | undefined;
  /** At most your own */
  role: Role;
};

export type CreateMeshInput = {
  /** An RFC 1123 label */
  name: string;
  /** cluster.local unless said */
  trustDomain?: string | null | undefined;
};

export type JoiningState =
  /** The one that is waited for */
  | 'ACTIVE'
  | 'DONE'
  /** Does not come by itself; see its remedy */
  | 'FAILED'
  /** Comes after the one that is waited for */
  | 'WAITING';

/** In their order */
export type JoiningStepName =
  /** An agent has called the hub with it */
  | 'CALLED'
  /** The streams are open */
  | 'CONNECTED'
  /** A join token is made */
  | 'HELM_COMMAND'
  /** Istio is there */
  | 'ISTIO'
  /** The token was taken, and a certificate issued */
  | 'JOINED'
  /** Istio knows the cluster's network */
  | 'NETWORK'
  /** The agent may read and write what it has to */
  | 'PERMITTED'
  /** The agent has told what the cluster is */
  | 'READ'
  /** istiod has a certificate under the root of the mesh */
  | 'TRUSTED';

export type LinkState =
  | 'BROKEN'
  | 'OK'
  /** Not needed on this route, or not looked at since a link before it is broken */
  | 'SKIPPED'
  /** The plane cannot see what decides on it */
  | 'UNKNOWN';

/** What a call passes on its way, in order */
export type ReachabilityLink =
  | 'CONTACT'
  | 'ENDPOINTS'
  | 'EXPORT'
  | 'GATEWAY'
  | 'IMPORT'
  | 'NAME'
  | 'NETWORK'
  | 'POLICY'
  | 'SAN'
  | 'SNI'
  | 'TRUST';

export type RevokeApiTokenInput = {
  id: string | number;
};

/** From least to most */
export type Role =
  | 'ADMIN'
  | 'OPERATOR'
  | 'OWNER'
  | 'VIEWER';

export type SignInInput = {
  email: string;
  password: string;
};

export type SignUpInput = {
  email: string;
  name: string;
  organizationName: string;
  /** 12 to 128 characters */
  password: string;
};

export type State =
  /** Not yet, or not heard of yet */
  | 'PENDING'
  /** See reason and message: the words of whoever refused it */
  | 'REFUSED'
  /** Cannot be known there */
  | 'UNKNOWN'
  | 'YES';

export type MeshChangedSubscriptionVariables = Exact<{
  meshId: string | number;
}>;


export type MeshChangedSubscription = { meshChanged: { id: string } };

export type SessionQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionQuery = { viewer: { user: { id: string, name: string, email: string } | null }, organization: { id: string, name: string, viewerRole: Role }, meshes: { edges: Array<{ node: { id: string, name: string, trustDomain: string } }> } };

export type SignOutMutationVariables = Exact<{ [key: string]: never; }>;


export type SignOutMutation = { signOut: { signedOut: boolean } };

export type MembershipsQueryVariables = Exact<{ [key: string]: never; }>;


export type MembershipsQuery = { viewer: { memberships: Array<{ organizationId: string, organizationName: string, role: Role }> } };

export type FleetQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type FleetQuery = { mesh: { clusters: { edges: Array<{ node: { id: string, name: string, status: ClusterStatus, network: string, locality: string, kubernetesVersion: string | null, agentVersion: string | null, lastContactAt: string | null, lockReason: string | null, heldRemovals: Array<string>, agentCertificateExpiresAt: string | null, conditions: Array<{ type: string, reason: string, message: string }>, configuration: { number: number | null, objects: number, stored: number, pending: number, refused: number, unaccepted: number, current: boolean, live: State, liveMessage: string | null } | null, joining: { done: boolean, steps: Array<{ name: JoiningStepName, state: JoiningState, reason: string | null, message: string, remedy: string | null }> }, signingCertificate: { notAfter: string, renewAt: string } | null, drift: { edges: Array<{ node: { name: string } }>, pageInfo: { hasNextPage: boolean } } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type FleetMeshQueryVariables = Exact<{
  meshId: string | number;
}>;


export type FleetMeshQuery = { mesh: { name: string, trustDomain: string, findings: Array<{ clusterId: string | null, code: string, message: string }> } };

export type CreateMeshMutationVariables = Exact<{
  input: CreateMeshInput;
}>;


export type CreateMeshMutation = { createMesh: { mesh: { id: string } } };

export type OrganizationFactsQueryVariables = Exact<{ [key: string]: never; }>;


export type OrganizationFactsQuery = { organization: { id: string, createdAt: string } };

export type OrganizationMembersQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type OrganizationMembersQuery = { organization: { id: string, members: { edges: Array<{ node: { role: Role, createdAt: string, user: { id: string, name: string, email: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ReachabilityChoicesQueryVariables = Exact<{
  meshId: string | number;
}>;


export type ReachabilityChoicesQuery = { mesh: { services: { edges: Array<{ node: { host: string, namespace: string } }> } } };

export type ReachabilityClustersQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ReachabilityClustersQuery = { mesh: { clusters: { edges: Array<{ node: { id: string, name: string, network: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ReachabilityAnswerQueryVariables = Exact<{
  meshId: string | number;
  fromClusterId: string | number;
  fromNamespace: string;
  fromServiceAccount?: string | null | undefined;
  host: string;
  port?: number | null | undefined;
}>;


export type ReachabilityAnswerQuery = { reachability: { state: LinkState, host: string, broken: { link: ReachabilityLink, state: LinkState, clusterId: string | null, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> } | null, steps: Array<{ link: ReachabilityLink, state: LinkState, clusterId: string | null, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> }>, routes: Array<{ clusterId: string, clusterName: string, network: string, local: boolean, state: LinkState, steps: Array<{ link: ReachabilityLink, state: LinkState, clusterId: string | null, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> }> }> } };

export type ReachabilityStepPartsFragment = { link: ReachabilityLink, state: LinkState, clusterId: string | null, clusterName: string | null, reason: string | null, message: string, remedy: string | null, evidence: Array<string> };

export type RowImportStatesQueryVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type RowImportStatesQuery = { nodes: Array<
    | { id: string, importStates: { edges: Array<{ node: { sent: State, stored: State, accepted: State, live: State } }>, pageInfo: { hasNextPage: boolean } } }
    | Record<PropertyKey, never>
   | null> };

export type ServiceDetailQueryVariables = Exact<{
  meshId: string | number;
  host: string;
}>;


export type ServiceDetailQuery = { mesh: { service: { id: string, host: string, clustersetHost: string, headless: boolean, ports: Array<{ port: number, name: string, protocol: string, appProtocol: string }>, exporters: Array<{ clusterId: string, clusterName: string, network: string, localities: Array<string>, readyEndpoints: number, valid: boolean, conflict: boolean, stale: boolean, reason: string | null, message: string | null }> } } };

export type ServiceImportersQueryVariables = Exact<{
  meshId: string | number;
  host: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ServiceImportersQuery = { mesh: { service: { importStates: { edges: Array<{ node: { clusterId: string, sent: State, stored: State, accepted: State, live: State, reason: string | null, message: string | null, objects: Array<string>, corrections: number, correctedManagers: Array<string>, reportedAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } } };

export type ServiceClusterNamesQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ServiceClusterNamesQuery = { mesh: { clusters: { edges: Array<{ node: { id: string, name: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ServiceRowsQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ServiceRowsQuery = { mesh: { services: { edges: Array<{ node: { id: string, host: string, namespace: string, name: string, ports: Array<{ port: number, name: string }>, exporters: Array<{ clusterName: string, readyEndpoints: number, valid: boolean, conflict: boolean, stale: boolean }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type SignInMutationVariables = Exact<{
  input: SignInInput;
}>;


export type SignInMutation = { signIn: { user: { id: string } } };

export type SignUpMutationVariables = Exact<{
  input: SignUpInput;
}>;


export type SignUpMutation = { signUp: { organization: { id: string } } };

export type CreateApiTokenMutationVariables = Exact<{
  input: CreateApiTokenInput;
}>;


export type CreateApiTokenMutation = { createApiToken: { secret: string, apiToken: { id: string, name: string, expiresAt: string } } };

export type ApiTokensQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ApiTokensQuery = { organization: { id: string, apiTokens: { edges: Array<{ node: { id: string, name: string, prefix: string, role: Role, namespaces: Array<string>, createdAt: string, createdBy: string, lastUsedAt: string | null, expiresAt: string, revokedAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type TokenMakersQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type TokenMakersQuery = { organization: { id: string, members: { edges: Array<{ node: { user: { id: string, name: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type RevokeApiTokenMutationVariables = Exact<{
  input: RevokeApiTokenInput;
}>;


export type RevokeApiTokenMutation = { revokeApiToken: { apiToken: { id: string, revokedAt: string | null } } };

export type MeshTrustQueryVariables = Exact<{
  meshId: string | number;
}>;


export type MeshTrustQuery = { mesh: { id: string, trust: { trustDomain: string, anchors: Array<{ id: string, fingerprint: string, notBefore: string, notAfter: string, pem: string, retiredAt: string | null }>, signingCertificates: Array<{ clusterId: string, issuerRootId: string, serial: string, notBefore: string, notAfter: string, renewAt: string }> } } };

export type TrustMembersQueryVariables = Exact<{
  meshId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type TrustMembersQuery = { mesh: { id: string, clusters: { edges: Array<{ node: { id: string, name: string, status: ClusterStatus, recoveries: number, agentCertificateExpiresAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const ReachabilityStepPartsFragmentDoc = new TypedDocumentString(`
    fragment ReachabilityStepParts on ReachabilityStep {
  link
  state
  clusterId
  clusterName
  reason
  message
  remedy
  evidence
}
    `, {"fragmentName":"ReachabilityStepParts"}) as unknown as TypedDocumentString<ReachabilityStepPartsFragment, unknown>;
export const MeshChangedDocument = new TypedDocumentString(`
    subscription MeshChanged($meshId: ID!) {
  meshChanged(meshId: $meshId) {
    id
  }
}
    `) as unknown as TypedDocumentString<MeshChangedSubscription, MeshChangedSubscriptionVariables>;
export const SessionDocument = new TypedDocumentString(`
    query Session {
  viewer {
    user {
      id
      name
      email
    }
  }
  organization {
    id
    name
    viewerRole
  }
  meshes(first: 200) {
    edges {
      node {
        id
        name
        trustDomain
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SessionQuery, SessionQueryVariables>;
export const SignOutDocument = new TypedDocumentString(`
    mutation SignOut {
  signOut {
    signedOut
  }
}
    `) as unknown as TypedDocumentString<SignOutMutation, SignOutMutationVariables>;
export const MembershipsDocument = new TypedDocumentString(`
    query Memberships {
  viewer {
    memberships {
      organizationId
      organizationName
      role
    }
  }
}
    `) as unknown as TypedDocumentString<MembershipsQuery, MembershipsQueryVariables>;
export const FleetDocument = new TypedDocumentString(`
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
    `) as unknown as TypedDocumentString<FleetQuery, FleetQueryVariables>;
export const FleetMeshDocument = new TypedDocumentString(`
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
    `) as unknown as TypedDocumentString<FleetMeshQuery, FleetMeshQueryVariables>;
export const CreateMeshDocument = new TypedDocumentString(`
    mutation CreateMesh($input: CreateMeshInput!) {
  createMesh(input: $input) {
    mesh {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<CreateMeshMutation, CreateMeshMutationVariables>;
export const OrganizationFactsDocument = new TypedDocumentString(`
    query OrganizationFacts {
  organization {
    id
    createdAt
  }
}
    `) as unknown as TypedDocumentString<OrganizationFactsQuery, OrganizationFactsQueryVariables>;
export const OrganizationMembersDocument = new TypedDocumentString(`
    query OrganizationMembers($first: Int, $after: String) {
  organization {
    id
    members(first: $first, after: $after) {
      edges {
        node {
          role
          createdAt
          user {
            id
            name
            email
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
    `) as unknown as TypedDocumentString<OrganizationMembersQuery, OrganizationMembersQueryVariables>;
export const ReachabilityChoicesDocument = new TypedDocumentString(`
    query ReachabilityChoices($meshId: ID!) {
  mesh(id: $meshId) {
    services(first: 200) {
      edges {
        node {
          host
          namespace
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReachabilityChoicesQuery, ReachabilityChoicesQueryVariables>;
export const ReachabilityClustersDocument = new TypedDocumentString(`
    query ReachabilityClusters($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
          network
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReachabilityClustersQuery, ReachabilityClustersQueryVariables>;
export const ReachabilityAnswerDocument = new TypedDocumentString(`
    query ReachabilityAnswer($meshId: ID!, $fromClusterId: ID!, $fromNamespace: String!, $fromServiceAccount: String, $host: String!, $port: Int) {
  reachability(
    meshId: $meshId
    fromClusterId: $fromClusterId
    fromNamespace: $fromNamespace
    fromServiceAccount: $fromServiceAccount
    host: $host
    port: $port
  ) {
    state
    host
    broken {
      ...ReachabilityStepParts
    }
    steps {
      ...ReachabilityStepParts
    }
    routes {
      clusterId
      clusterName
      network
      local
      state
      steps {
        ...ReachabilityStepParts
      }
    }
  }
}
    fragment ReachabilityStepParts on ReachabilityStep {
  link
  state
  clusterId
  clusterName
  reason
  message
  remedy
  evidence
}`) as unknown as TypedDocumentString<ReachabilityAnswerQuery, ReachabilityAnswerQueryVariables>;
export const RowImportStatesDocument = new TypedDocumentString(`
    query RowImportStates($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on MeshService {
      id
      importStates(first: 100) {
        edges {
          node {
            sent
            stored
            accepted
            live
          }
        }
        pageInfo {
          hasNextPage
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RowImportStatesQuery, RowImportStatesQueryVariables>;
export const ServiceDetailDocument = new TypedDocumentString(`
    query ServiceDetail($meshId: ID!, $host: String!) {
  mesh(id: $meshId) {
    service(host: $host) {
      id
      host
      clustersetHost
      headless
      ports {
        port
        name
        protocol
        appProtocol
      }
      exporters {
        clusterId
        clusterName
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
  }
}
    `) as unknown as TypedDocumentString<ServiceDetailQuery, ServiceDetailQueryVariables>;
export const ServiceImportersDocument = new TypedDocumentString(`
    query ServiceImporters($meshId: ID!, $host: String!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    service(host: $host) {
      importStates(first: $first, after: $after) {
        edges {
          node {
            clusterId
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
}
    `) as unknown as TypedDocumentString<ServiceImportersQuery, ServiceImportersQueryVariables>;
export const ServiceClusterNamesDocument = new TypedDocumentString(`
    query ServiceClusterNames($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    clusters(first: $first, after: $after) {
      edges {
        node {
          id
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ServiceClusterNamesQuery, ServiceClusterNamesQueryVariables>;
export const ServiceRowsDocument = new TypedDocumentString(`
    query ServiceRows($meshId: ID!, $first: Int, $after: String) {
  mesh(id: $meshId) {
    services(first: $first, after: $after) {
      edges {
        node {
          id
          host
          namespace
          name
          ports {
            port
            name
          }
          exporters {
            clusterName
            readyEndpoints
            valid
            conflict
            stale
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
    `) as unknown as TypedDocumentString<ServiceRowsQuery, ServiceRowsQueryVariables>;
export const SignInDocument = new TypedDocumentString(`
    mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    user {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<SignInMutation, SignInMutationVariables>;
export const SignUpDocument = new TypedDocumentString(`
    mutation SignUp($input: SignUpInput!) {
  signUp(input: $input) {
    organization {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<SignUpMutation, SignUpMutationVariables>;
export const CreateApiTokenDocument = new TypedDocumentString(`
    mutation CreateApiToken($input: CreateApiTokenInput!) {
  createApiToken(input: $input) {
    apiToken {
      id
      name
      expiresAt
    }
    secret
  }
}
    `) as unknown as TypedDocumentString<CreateApiTokenMutation, CreateApiTokenMutationVariables>;
export const ApiTokensDocument = new TypedDocumentString(`
    query ApiTokens($first: Int, $after: String) {
  organization {
    id
    apiTokens(first: $first, after: $after) {
      edges {
        node {
          id
          name
          prefix
          role
          namespaces
          createdAt
          createdBy
          lastUsedAt
          expiresAt
          revokedAt
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ApiTokensQuery, ApiTokensQueryVariables>;
export const TokenMakersDocument = new TypedDocumentString(`
    query TokenMakers($first: Int, $after: String) {
  organization {
    id
    members(first: $first, after: $after) {
      edges {
        node {
          user {
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
    `) as unknown as TypedDocumentString<TokenMakersQuery, TokenMakersQueryVariables>;
export const RevokeApiTokenDocument = new TypedDocumentString(`
    mutation RevokeApiToken($input: RevokeApiTokenInput!) {
  revokeApiToken(input: $input) {
    apiToken {
      id
      revokedAt
    }
  }
}
    `) as unknown as TypedDocumentString<RevokeApiTokenMutation, RevokeApiTokenMutationVariables>;
export const MeshTrustDocument = new TypedDocumentString(`
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
    `) as unknown as TypedDocumentString<MeshTrustQuery, MeshTrustQueryVariables>;
export const TrustMembersDocument = new TypedDocumentString(`
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
    `) as unknown as TypedDocumentString<TrustMembersQuery, TrustMembersQueryVariables>;