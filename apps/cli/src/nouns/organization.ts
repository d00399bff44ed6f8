import { rowsOf } from '../api/api.js';
import type { OrganizationQuery, TokensQuery } from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { ago } from '../output/times.js';
import { paint } from '../terminal.js';
import { noun } from './noun.js';

const Organization = graphql(`
  query Organization {
    organization {
      id
      name
      viewerRole
      createdAt
    }
  }
`);

const OrganizationDetail = graphql(`
  query OrganizationDetail {
    organization {
      id
      name
      viewerRole
      createdAt
      members(first: 200) {
        edges {
          node {
            role
            user {
              name
              email
              id
            }
          }
        }
      }
      meshes(first: 200) {
        edges {
          node {
            name
            id
          }
        }
      }
    }
  }
`);

const Tokens = graphql(`
  query Tokens($first: Int, $after: String) {
    organization {
      apiTokens(first: $first, after: $after) {
        edges {
          node {
            id
            name
            prefix
            role
            namespaces
            createdBy
            createdAt
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
`);

export const organization = noun<OrganizationQuery['organization']>({
  name: 'organization',
  aliases: ['organization', 'org'],
  about: 'The organization that you act in',
  columns: [
    { title: 'NAME', cell: ({ name }) => name },
    { title: 'ROLE', cell: ({ viewerRole }) => viewerRole },
    { title: 'AGE', cell: ({ createdAt }) => ago(createdAt) },
    { title: 'ID', isWide: true, cell: ({ id }) => id },
  ],
  rows: async function* ({ api }) {
    yield (await api.ask(Organization, {})).organization;
  },
  idOf: ({ id }) => id,
  nameOf: ({ name }) => name,
  detail: async ({ api }) => (await api.ask(OrganizationDetail, {})).organization,
});

type Token = TokensQuery['organization']['apiTokens']['edges'][number]['node'];

export const tokens = noun<Token>({
  name: 'tokens',
  aliases: ['token', 'apitoken', 'apitokens'],
  about: 'API tokens of the organization',
  columns: [
    { title: 'NAME', cell: ({ name }) => name },
    { title: 'STATE', cell: stateOf },
    { title: 'ROLE', cell: ({ role }) => role },
    { title: 'NAMESPACES', cell: ({ namespaces }) => namespaces.join(',') || 'all' },
    { title: 'LAST USED', cell: ({ lastUsedAt }) => ago(lastUsedAt) },
    { title: 'EXPIRES', cell: ({ expiresAt }) => ago(expiresAt) },
    { title: 'PREFIX', isWide: true, cell: ({ prefix }) => prefix },
    { title: 'ID', isWide: true, cell: ({ id }) => id },
  ],
  rows: ({ api }) =>
    rowsOf((page) => api.ask(Tokens, page).then(({ organization }) => organization.apiTokens)),
  idOf: ({ id }) => id,
  nameOf: ({ name }) => name,
});

function stateOf({ revokedAt, expiresAt }: Token): string {
  if (revokedAt) return paint('faint', 'revoked');
  return Date.parse(expiresAt) <= Date.now() ? paint('bad', 'expired') : paint('good', 'active');
}
