import { rowsOf } from '../api/api.js';
import type {
  ExportPolicyRowFragment,
  FindingsQuery,
  HostGrantRowFragment,
  ServicesQuery,
} from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { ago } from '../output/times.js';
import { noun } from './noun.js';

const ExportPolicies = graphql(`
  query ExportPolicies($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      exportPolicies(first: $first, after: $after) {
        edges {
          node {
            ...ExportPolicyRow
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
  fragment ExportPolicyRow on ExportPolicy {
    id
    name
    createdAt
    namespaceSelector {
      ...Selector
    }
    serviceSelector {
      ...Selector
    }
  }
  fragment Selector on LabelSelector {
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
`);

const ExportPolicyNamed = graphql(`
  query ExportPolicyNamed($meshId: ID!, $name: String!) {
    mesh(id: $meshId) {
      exportPolicy(name: $name) {
        ...ExportPolicyRow
      }
    }
  }
`);

const HostGrants = graphql(`
  query HostGrants($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      hostGrants(first: $first, after: $after) {
        edges {
          node {
            ...HostGrantRow
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
  fragment HostGrantRow on HostGrant {
    id
    namespace
    service
    clusterIds
    createdAt
  }
`);

const HostGrantNamed = graphql(`
  query HostGrantNamed($meshId: ID!, $namespace: String!, $service: String!) {
    mesh(id: $meshId) {
      hostGrant(namespace: $namespace, service: $service) {
        ...HostGrantRow
      }
    }
  }
`);

const Services = graphql(`
  query Services($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      services(first: $first, after: $after) {
        edges {
          node {
            id
            namespace
            name
            host
            clustersetHost
            headless
            ports {
              name
              port
              protocol
            }
            exporters {
              clusterName
              valid
              conflict
              stale
              readyEndpoints
              reason
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

const ServiceDetail = graphql(`
  query ServiceDetail($meshId: ID!, $host: String!) {
    mesh(id: $meshId) {
      service(host: $host) {
        id
        namespace
        name
        host
        clustersetHost
        headless
        ports {
          name
          port
          protocol
          appProtocol
        }
        exporters {
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
        importStates(first: 200) {
          edges {
            node {
              clusterId
              sent
              stored
              accepted
              live
              reason
              message
            }
          }
        }
      }
    }
  }
`);

const Findings = graphql(`
  query Findings($meshId: ID!) {
    mesh(id: $meshId) {
      findings {
        code
        clusterId
        message
      }
    }
  }
`);

export const exportPolicies = noun<ExportPolicyRowFragment>({
  name: 'export-policies',
  aliases: ['export-policy', 'exportpolicy', 'exportpolicies'],
  about: 'Services that every cluster exports without a ServiceExport',
  isOfMesh: true,
  columns: [
    { title: 'NAME', cell: ({ name }) => name },
    { title: 'NAMESPACES', cell: ({ namespaceSelector }) => selectorText(namespaceSelector) },
    { title: 'SERVICES', cell: ({ serviceSelector }) => selectorText(serviceSelector) },
    { title: 'AGE', cell: ({ createdAt }) => ago(createdAt) },
    { title: 'ID', isWide: true, cell: ({ id }) => id },
  ],
  rows: async function* (session) {
    const { id: meshId } = await session.mesh();
    yield* rowsOf((page) =>
      session.api.ask(ExportPolicies, { meshId, ...page }).then(({ mesh }) => mesh.exportPolicies),
    );
  },
  idOf: ({ id }) => id,
  nameOf: ({ name }) => name,
  named: async (session, name) => {
    const { id: meshId } = await session.mesh();
    return (await session.api.ask(ExportPolicyNamed, { meshId, name })).mesh.exportPolicy;
  },
});

function selectorText({
  matchLabels,
  matchExpressions,
}: ExportPolicyRowFragment['serviceSelector']): string {
  const parts = [
    ...matchLabels.map(({ key, value }) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values }) =>
      values.length > 0 ? `${key} ${operator} (${values.join(',')})` : `${key} ${operator}`,
    ),
  ];
  return parts.join(', ') || 'all';
}

export const hostGrants = noun<HostGrantRowFragment>({
  name: 'host-grants',
  aliases: ['host-grant', 'hostgrant', 'hostgrants'],
  about: 'Which clusters may export a host, whoever came first',
  isOfMesh: true,
  columns: [
    { title: 'HOST', cell: grantName },
    { title: 'CLUSTERS', cell: ({ clusterIds }) => clusterIds.join(',') || 'all' },
    { title: 'AGE', cell: ({ createdAt }) => ago(createdAt) },
    { title: 'ID', isWide: true, cell: ({ id }) => id },
  ],
  rows: async function* (session) {
    const { id: meshId } = await session.mesh();
    yield* rowsOf((page) =>
      session.api.ask(HostGrants, { meshId, ...page }).then(({ mesh }) => mesh.hostGrants),
    );
  },
  idOf: ({ id }) => id,
  nameOf: grantName,
  named: async (session, name) => {
    const [namespace = '', service] = name.split('/');
    if (service === undefined) return undefined;
    const { id: meshId } = await session.mesh();
    const asked = { meshId, namespace, service };
    return (await session.api.ask(HostGrantNamed, asked)).mesh.hostGrant;
  },
});

function grantName({ namespace, service }: HostGrantRowFragment): string {
  return `${namespace}/${service}`;
}

type Service = ServicesQuery['mesh']['services']['edges'][number]['node'];

export const services = noun<Service>({
  name: 'services',
  aliases: ['service', 'svc'],
  about: 'Services of the mesh, and who offers them',
  isOfMesh: true,
  columns: [
    { title: 'NAME', cell: serviceName },
    { title: 'PORTS', cell: ({ ports }) => ports.map(({ port }) => port).join(',') },
    {
      title: 'EXPORTERS',
      cell: ({ exporters }) => exporters.map(({ clusterName }) => clusterName).join(','),
    },
    {
      title: 'READY',
      cell: ({ exporters }) => exporters.reduce((sum, it) => sum + it.readyEndpoints, 0),
    },
    {
      title: 'TROUBLE',
      cell: ({ exporters }) =>
        exporters
          .filter(({ valid, conflict, stale }) => !valid || conflict || stale)
          .map((it) => `${it.clusterName}: ${it.reason ?? (it.stale ? 'OutOfContact' : 'Invalid')}`)
          .join(', '),
    },
    { title: 'HOST', isWide: true, cell: ({ host }) => host },
    { title: 'ID', isWide: true, cell: ({ id }) => id },
  ],
  rows: async function* (session) {
    const { id: meshId } = await session.mesh();
    yield* rowsOf((page) =>
      session.api.ask(Services, { meshId, ...page }).then(({ mesh }) => mesh.services),
    );
  },
  idOf: ({ id }) => id,
  nameOf: serviceName,
  isCalled: ({ host, clustersetHost }, ref) => ref === host || ref === clustersetHost,
  detail: async (session, { host }) => {
    const { id: meshId } = await session.mesh();
    return (await session.api.ask(ServiceDetail, { meshId, host })).mesh.service;
  },
});

function serviceName({ namespace, name }: Service): string {
  return `${namespace}/${name}`;
}

type Finding = FindingsQuery['mesh']['findings'][number];

export const findings = noun<Finding>({
  name: 'findings',
  aliases: ['finding'],
  about: 'What keeps the mesh from working although every part does',
  isOfMesh: true,
  columns: [
    { title: 'CODE', cell: ({ code }) => code },
    { title: 'CLUSTER', cell: ({ clusterId }) => clusterId },
    { title: 'MESSAGE', cell: ({ message }) => message },
  ],
  rows: async function* (session) {
    const { id: meshId } = await session.mesh();
    yield* (await session.api.ask(Findings, { meshId })).mesh.findings;
  },
  idOf: ({ code, clusterId, message }) => [code, clusterId, message].join(' '),
  nameOf: ({ code }) => code,
});
