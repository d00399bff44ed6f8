import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { graphql, queries, useDo } from '../../api/index.js';
import { ErrorNote, PageHead, Panel } from '../../parts/index.js';
import { safeNext } from './next.js';
import { useFocusOn } from './use-focus-on.js';

const SignIn = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      user {
        id
      }
    }
  }
`);

export default function SignInPage() {
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const next = params.get('next');
  const signIn = useDo(SignIn);
  const form = useForm({ initialValues: { email: '', password: '' } });
  const isWrong = signIn.error?.code === 'CREDENTIALS_WRONG';
  const formRef = useFocusOn(signIn.error, isWrong ? 'password' : undefined);
  return (
    <Panel p={{ base: 'md', xs: 'xl' }}>
      <PageHead
        title="Sign in"
        about={next ? 'You are led on to where you were going.' : undefined}
      />
      <form
        ref={formRef}
        onSubmit={form.onSubmit((input) =>
          signIn.mutate(
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
            label="E-mail"
            name="email"
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            autoFocus
            {...form.getInputProps('email')}
            error={isWrong}
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            {...form.getInputProps('password')}
            error={isWrong}
          />
          <ErrorNote error={signIn.error} />
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
          <Text size="sm">
            New here?{' '}
            <Anchor
              component={Link}
              to={next ? `/sign-up?${new URLSearchParams({ next })}` : '/sign-up'}
              size="sm"
              underline="always"
            >
              Make an organization
            </Anchor>
          </Text>
        </Stack>
      </form>
    </Panel>
  );
}
