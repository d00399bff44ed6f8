import { Button, Code, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { graphql, type Role, useDo, useMay, useRows } from '../../api/index.js';
import {
  type Column,
  Confirm,
  Empty,
  PageHead,
  Rows,
  roleInWords,
  Status,
  Time,
  useNow,
} from '../../parts/index.js';
import { type Life, lifeInWords, lifeOf, toneOf } from './life.js';

const ApiTokens = graphql(`
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
`);

const TokenMakers = graphql(`
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
`);

const RevokeApiToken = graphql(`
  mutation RevokeApiToken($input: RevokeApiTokenInput!) {
    revokeApiToken(input: $input) {
      apiToken {
        id
        revokedAt
      }
    }
  }
`);

interface Token {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly role: Role;
  readonly namespaces: readonly string[];
  readonly createdAt: string;
  readonly createdBy: string;
  readonly lastUsedAt: string | null;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
}

const order: Readonly<Record<Life, number>> = { ending: 0, active: 1, expired: 2, revoked: 3 };

/** What needs somebody first, what is over last. */
function inOrder(tokens: readonly Token[], now: number): Token[] {
  return tokens.toSorted((a, b) => order[lifeOf(a, now)] - order[lifeOf(b, now)]);
}

/** By which programs act in the organization. */
export default function TokensPage() {
  const seesAll = useMay('ADMIN');
  const tokens = useRows(ApiTokens, {}, ({ organization }) => organization.apiTokens);
  const makers = useRows(TokenMakers, {}, ({ organization }) => organization.members);
  const now = useNow();
  const names = new Map(makers.rows.map(({ user }) => [user.id, user.name]));
  const madeBy = (token: Token): string => names.get(token.createdBy) ?? token.createdBy;
  const columns: readonly Column<Token>[] = [
    {
      key: 'name',
      title: 'Name',
      width: 'minmax(170px, 2fr)',
      value: ({ name, prefix }) => `${name} ${prefix}`,
      cell: ({ name, prefix }) => (
        <>
          {name}
          <Text size="xs" c="dimmed" ff="monospace" fw={400} title={prefix}>
            {shortened(prefix)}
          </Text>
        </>
      ),
    },
    {
      key: 'state',
      title: 'State',
      width: 'minmax(120px, 1fr)',
      value: (token) => lifeInWords[lifeOf(token, now)],
      cell: (token) => {
        const life = lifeOf(token, now);
        return <Status tone={toneOf[life]}>{lifeInWords[life]}</Status>;
      },
    },
    {
      key: 'role',
      title: 'Role',
      width: 'minmax(80px, 0.7fr)',
      value: ({ role }) => roleInWords(role),
      cell: ({ role }) => roleInWords(role),
    },
    {
      key: 'namespaces',
      title: 'Namespaces',
      width: 'minmax(120px, 1.2fr)',
      value: ({ namespaces }) => namespaces.join(' '),
      cell: ({ namespaces }) => (namespaces.length === 0 ? 'all' : namespaces.join(', ')),
    },
    {
      key: 'by',
      title: 'Made by',
      value: madeBy,
      cell: (token) => madeBy(token),
    },
    {
      key: 'used',
      title: 'Last used',
      value: ({ lastUsedAt }) => (lastUsedAt ? Date.parse(lastUsedAt) : 0),
      cell: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
    },
    {
      key: 'ends',
      title: 'Ends',
      value: ({ expiresAt, revokedAt }) => Date.parse(revokedAt ?? expiresAt),
      cell: ({ expiresAt, revokedAt }) => <Time at={revokedAt ?? expiresAt} />,
    },
    {
      key: 'actions',
      title: '',
      width: '96px',
      cell: (token) => {
        const life = lifeOf(token, now);
        return life === 'active' || life === 'ending' ? <Revoke token={token} /> : null;
      },
    },
  ];
  return (
    <>
      <PageHead
        title="API tokens"
        about={`By a token a program acts in this organization: the CLI, Terraform, a pipeline. ${
          seesAll ? 'These are those of everybody.' : 'These are your own.'
        }`}
      >
        <Button component="a" href="/docs" variant="default">
          API documentation
        </Button>
        <Button component={Link} to="/tokens/new" leftSection={<IconPlus size={16} aria-hidden />}>
          New token
        </Button>
      </PageHead>
      <Rows
        label="API tokens"
        of={{ ...tokens, rows: inOrder(tokens.rows, now) }}
        columns={columns}
        facets={[
          {
            key: 'state',
            label: 'Any state',
            value: (token) => lifeInWords[lifeOf(token, now)],
          },
          { key: 'role', label: 'Any role', value: ({ role }) => roleInWords(role) },
        ]}
        keyOf={({ id }) => id}
        empty={
          <Empty
            title="No API tokens"
            action={
              <Button component={Link} to="/tokens/new" mt="xs">
                Make the first token
              </Button>
            }
          >
            A program needs one to use the API. People sign in instead.
          </Empty>
        }
      />
    </>
  );
}

function Revoke({ token }: { readonly token: Token }) {
  const { mutateAsync } = useDo(RevokeApiToken);
  return (
    <Confirm
      size="xs"
      label="Revoke"
      aria-label={`Revoke ${token.name}`}
      title={`Revoke ${token.name}?`}
      confirmLabel={`Revoke ${token.name}`}
      onConfirm={() => mutateAsync({ input: { id: token.id } })}
    >
      <p>
        Whatever uses <Code className="code">{shortened(token.prefix)}</Code> is refused from now
        on, with the code <Code className="code">API_TOKEN_INVALID</Code>.{' '}
        {token.lastUsedAt === null ? (
          'It was never used.'
        ) : (
          <>
            It was last used <Time at={token.lastUsedAt} />.
          </>
        )}
      </p>
      <p>
        Agents have identities of their own, and go on. A token cannot be given back: make another
        one.
      </p>
    </Confirm>
  );
}

/** What tells tokens of one organization apart is at the end. */
function shortened(prefix: string): string {
  return `isthmus_api_…${prefix.slice(-7)}…`;
}
