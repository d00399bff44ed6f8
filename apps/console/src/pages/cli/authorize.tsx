import { Alert, Button, Code, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconTerminal2 } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { graphql, type Role, roles, useDo, useMay, useSession } from '../../api/index.js';
import {
  CopyCode,
  Empty,
  ErrorNote,
  Facts,
  PageHead,
  Panel,
  RoleNote,
  roleInWords,
  useAddress,
} from '../../parts/index.js';
import { answer, type Caller, callerOf } from './caller.js';

const AuthorizeCommandLine = graphql(`
  mutation AuthorizeCommandLine($input: CreateApiTokenInput!) {
    createApiToken(input: $input) {
      secret
    }
  }
`);

const lifeDays = 90;
const dayMs = 86_400_000;

/** Where `isthmus login` leads: somebody says whether it may act in the organization. */
export default function AuthorizePage() {
  const [address] = useAddress();
  const caller = callerOf(address);
  return (
    <>
      <PageHead
        title="Authorize a command line"
        about="It was started by isthmus login, and waits for your answer for five minutes."
      />
      {caller ? <Question caller={caller} /> : <Unreadable />}
    </>
  );
}

function Unreadable() {
  return (
    <Panel maw={640}>
      <Empty title="No command line asks">
        This page is opened by <Code className="code">isthmus login</Code>, which says in the
        address where it waits. Run it again.
      </Empty>
    </Panel>
  );
}

function Question({ caller }: { readonly caller: Caller }) {
  const { organization, viewer } = useSession();
  const mayMake = useMay('ADMIN');
  const offered = roles.slice(0, roles.indexOf(organization.viewerRole) + 1);
  const [role, setRole] = useState<Role>('OPERATOR');
  const { mutate, data, error, isPending } = useDo(AuthorizeCommandLine);
  const isBlocked = useIsBlocked();
  const authorize = (): void =>
    mutate(
      {
        input: {
          name: `cli on ${caller.host}`,
          role,
          expiresAt: new Date(Date.now() + lifeDays * dayMs).toISOString(),
        },
      },
      { onSuccess: ({ createApiToken }) => answer(caller, createApiToken.secret) },
    );
  if (isBlocked && data) return <ByHand secret={data.createApiToken.secret} />;
  return (
    <Panel maw={640} p="lg">
      <Stack>
        <Facts
          of={[
            ['Command line', `on ${caller.host}, as it says; it waits on port ${caller.port}`],
            ['Acts in', organization.name],
            ['You are', viewer.user && `${viewer.user.name} (${viewer.user.email})`],
          ]}
        />
        <Alert color="orange" variant="light" icon={<IconAlertTriangle />}>
          <Text size="sm">
            Authorize it only if you have just run <b>isthmus login</b> yourself, on this machine.
          </Text>
        </Alert>
        {mayMake ? (
          <NativeSelect
            label="Role"
            description={`What it may do. It gets an API token that ends in ${lifeDays} days, and that you can revoke.`}
            data={offered.map((value) => ({ value, label: roleInWords(value) }))}
            value={role}
            onChange={({ currentTarget }) => setRole(currentTarget.value as Role)}
          />
        ) : (
          <RoleNote needs="ADMIN" what="Making the API token of a command line" />
        )}
        <ErrorNote error={error} />
        <Group gap="xs">
          {mayMake && (
            <Button
              onClick={authorize}
              loading={isPending}
              leftSection={<IconTerminal2 size={16} aria-hidden />}
            >
              Authorize
            </Button>
          )}
          <Button variant="default" onClick={() => answer(caller, undefined)}>
            Refuse
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}

/** Where a policy of the page's own, or a proxy's, keeps the form from leaving. */
function useIsBlocked(): boolean {
  const [isBlocked, setBlocked] = useState(false);
  useEffect(() => {
    const hear = ({ effectiveDirective }: SecurityPolicyViolationEvent): void => {
      if (effectiveDirective === 'form-action') setBlocked(true);
    };
    document.addEventListener('securitypolicyviolation', hear);
    return () => document.removeEventListener('securitypolicyviolation', hear);
  }, []);
  return isBlocked;
}

function ByHand({ secret }: { readonly secret: string }) {
  return (
    <Stack maw={820}>
      <Alert color="orange" variant="light" icon={<IconAlertTriangle />} role="status">
        <Text size="sm">
          This browser could not hand the token over. Run <b>isthmus login --token -</b>, and paste
          it. It is shown this once; whoever has it acts as this token.
        </Text>
      </Alert>
      <Panel title="Token">
        <CopyCode code={secret} label="token" />
      </Panel>
      <Group>
        <Button component={Link} to="/tokens">
          I have the token
        </Button>
      </Group>
    </Stack>
  );
}
