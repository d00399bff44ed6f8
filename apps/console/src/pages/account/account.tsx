import { Anchor, Button, Code, Skeleton, Stack, Text } from '@mantine/core';
import { IconLogout } from '@tabler/icons-react';
import { Link, useNavigate } from 'react-router';
import { graphql, useApi, useSession, useSignOut } from '../../api/index.js';
import { ErrorNote, Facts, PageHead, Panel, roleInWords } from '../../parts/index.js';

const Memberships = graphql(`
  query Memberships {
    viewer {
      memberships {
        organizationId
        organizationName
        role
      }
    }
  }
`);

/** Whoever has signed in, as the plane knows them. */
export default function AccountPage() {
  const navigate = useNavigate();
  const { user } = useSession().viewer;
  const { signOut, error, isPending } = useSignOut(() => navigate('/sign-in'));
  return (
    <>
      <PageHead title="Account" about="How the plane knows you.">
        <Button
          variant="default"
          leftSection={<IconLogout size={16} stroke={1.6} aria-hidden />}
          loading={isPending}
          onClick={signOut}
        >
          Sign out
        </Button>
      </PageHead>
      <Stack>
        <ErrorNote error={error}>
          <Text size="sm">You are still signed in.</Text>
        </ErrorNote>
        <Panel title="You">
          <Facts
            of={[
              ['Name', user?.name],
              ['E-mail', user?.email],
              ['Id', user && <Code className="code">{user.id}</Code>],
            ]}
          />
          <Text size="sm" c="dimmed" mt="md" maw={640}>
            Name, e-mail and password cannot be changed yet: the API has no operation for it.
          </Text>
        </Panel>
        <Panel title="Organizations">
          <MembershipList />
        </Panel>
      </Stack>
    </>
  );
}

function MembershipList() {
  const { data, error } = useApi(Memberships, {});
  const { organization } = useSession();
  if (error) return <ErrorNote error={error} />;
  if (!data)
    return <Skeleton height={40} aria-label="Your organizations are loading" role="status" />;
  return (
    <Facts
      of={data.viewer.memberships.map(({ organizationId, organizationName, role }) => [
        organizationName,
        <>
          {roleInWords(role)}
          {organizationId === organization.id && (
            <>
              {' · '}
              <Anchor component={Link} to="/organization" inherit underline="always">
                Its members
              </Anchor>
            </>
          )}
        </>,
      ])}
    />
  );
}
