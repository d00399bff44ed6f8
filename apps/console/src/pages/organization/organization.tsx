import { Anchor, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { graphql, type Role, roles, useApi, useRows, useSession } from '../../api/index.js';
import {
  type Column,
  CopyText,
  Empty,
  ErrorNote,
  Facts,
  PageHead,
  Panel,
  Rows,
  roleInWords,
  Time,
} from '../../parts/index.js';

const OrganizationFacts = graphql(`
  query OrganizationFacts {
    organization {
      id
      createdAt
    }
  }
`);

const OrganizationMembers = graphql(`
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
`);

interface Member {
  readonly role: Role;
  readonly createdAt: string;
  readonly user: { readonly id: string; readonly name: string; readonly email: string };
}

/** The tenant, and who belongs to it. */
export default function OrganizationPage() {
  const { organization, viewer, meshes } = useSession();
  const { data, error } = useApi(OrganizationFacts, {});
  const members = useRows(OrganizationMembers, {}, (answer) => answer.organization.members);
  const columns: readonly Column<Member>[] = [
    {
      key: 'name',
      title: 'Name',
      width: 'minmax(160px, 2fr)',
      value: ({ user }) => user.name,
      cell: ({ user }) => (
        <>
          {user.name}
          {user.id === viewer.user?.id && (
            <Text span inherit c="dimmed">
              {' '}
              (you)
            </Text>
          )}
        </>
      ),
    },
    {
      key: 'email',
      title: 'E-mail',
      width: 'minmax(200px, 2fr)',
      value: ({ user }) => user.email,
      cell: ({ user }) => user.email,
    },
    {
      key: 'role',
      title: 'Role',
      value: ({ role }) => roleInWords(role),
      cell: ({ role }) => roleInWords(role),
    },
    {
      key: 'joined',
      title: 'Joined',
      value: ({ createdAt }) => Date.parse(createdAt),
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
  ];
  return (
    <>
      <PageHead
        title={organization.name}
        about="An organization holds meshes, their clusters, and the people who run them. Nothing of it is to be seen by another."
      />
      <Stack>
        <ErrorNote error={error} />
        <Panel title="Organization">
          <Facts
            of={[
              ['Name', organization.name],
              ['Id', <CopyText key="id" text={organization.id} label="organization id" />],
              ['Meshes', meshes.edges.length],
              ['Your role', roleInWords(organization.viewerRole)],
              ['Made', data && <Time at={data.organization.createdAt} />],
            ]}
          />
        </Panel>
        <Panel title="Members">
          <Text size="sm" c="dimmed" maw={760} mb="md">
            Members cannot be invited yet, nor their roles be changed: the API has no operation for
            it. Whoever signs up gets an organization of their own. For programs, make{' '}
            <Anchor component={Link} to="/tokens" inherit underline="always">
              API tokens
            </Anchor>
            .
          </Text>
          <Rows
            label="Members"
            of={members}
            columns={columns}
            facets={[{ key: 'role', label: 'Any role', value: ({ role }) => roleInWords(role) }]}
            keyOf={({ user }) => user.id}
            sort="name"
            empty={<Empty title="No members">Nobody belongs to the organization any more.</Empty>}
          />
        </Panel>
        <Panel title="What the roles may do">
          <Facts
            of={[...roles].reverse().map((role) => [roleInWords(role), duties[role]] as const)}
          />
        </Panel>
      </Stack>
    </>
  );
}

const duties: Readonly<Record<Role, string>> = {
  OWNER: 'What an admin may, and make tokens of this role.',
  ADMIN:
    'What an operator may; make meshes, and make and revoke API tokens; release Envoy filters.',
  OPERATOR:
    'See everything but tokens; register and remove clusters; change export policies, host grants and configuration; roll out.',
  VIEWER: 'See everything but tokens, and change nothing.',
};
