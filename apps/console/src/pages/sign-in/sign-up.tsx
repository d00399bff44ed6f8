import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { graphql, queries, useDo } from '../../api/index.js';
import { ErrorNote, PageHead, Panel } from '../../parts/index.js';
import { safeNext } from './next.js';
import { useFocusOn } from './use-focus-on.js';

const SignUp = graphql(`
  mutation SignUp($input: SignUpInput!) {
    signUp(input: $input) {
      organization {
        id
      }
    }
  }
`);

/** The field that an error is for. INVALID_NAME may be for either name. */
const fields: Readonly<Record<string, string>> = {
  EMAIL_TAKEN: 'email',
  EMAIL_INVALID: 'email',
  PASSWORD_TOO_SHORT: 'password',
  PASSWORD_TOO_LONG: 'password',
};

export default function SignUpPage() {
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const next = params.get('next');
  const signInPath = next ? `/sign-in?${new URLSearchParams({ next })}` : '/sign-in';
  const signUp = useDo(SignUp);
  const form = useForm({
    initialValues: { name: '', email: '', password: '', organizationName: '' },
  });
  const code = signUp.error?.code ?? '';
  const faulty = fields[code];
  const formRef = useFocusOn(signUp.error, faulty);
  return (
    <Panel p={{ base: 'md', xs: 'xl' }}>
      <PageHead
        title="Sign up"
        about="An organization holds your meshes, their clusters, and the people who run them."
      />
      {params.has('unfinished') && (
        <Alert color="orange" variant="light" mb="md" title="Your account has no organization yet">
          <Text size="sm">
            Sign up again with the same e-mail and password: it makes the organization that is
            missing.
          </Text>
        </Alert>
      )}
      <form
        ref={formRef}
        onSubmit={form.onSubmit((input) =>
          signUp.mutate(
            { input },
            {
              onSuccess: () => {
                queries.clear();
                navigate(safeNext(next, location.origin));
              },
            },
          ),
        )}
      >
        <Stack>
          <TextInput
            label="Organization"
            name="organization"
            autoComplete="organization"
            required
            withAsterisk={false}
            maxLength={100}
            autoFocus
            {...form.getInputProps('organizationName')}
          />
          <TextInput
            label="Your name"
            name="name"
            autoComplete="name"
            required
            withAsterisk={false}
            maxLength={100}
            {...form.getInputProps('name')}
          />
          <TextInput
            label="E-mail"
            name="email"
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            {...form.getInputProps('email')}
            error={faulty === 'email'}
          />
          <PasswordInput
            label="Password"
            name="password"
            description="12 to 128 characters"
            autoComplete="new-password"
            required
            withAsterisk={false}
            {...form.getInputProps('password')}
            error={faulty === 'password'}
          />
          <ErrorNote error={signUp.error}>
            {code === 'EMAIL_TAKEN' && (
              <Anchor component={Link} to={signInPath} size="sm" underline="always">
                Sign in with it
              </Anchor>
            )}
          </ErrorNote>
          <Button type="submit" loading={signUp.isPending}>
            Sign up
          </Button>
          <Text size="sm">
            You have an account?{' '}
            <Anchor component={Link} to={signInPath} size="sm" underline="always">
              Sign in
            </Anchor>
          </Text>
        </Stack>
      </form>
    </Panel>
  );
}
