import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { graphql, queries, useDo } from '../../api/index.js';
import { ErrorNote, PageHead, Panel } from '../../parts/index.js';
import { safeNext } from './next.js';

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
  const signIn = useDo(SignIn);
  const form = useForm({ initialValues: { email: '', password: '' } });
  return (
    <Panel p="xl">
      <PageHead title="Sign in" />
      <form
        onSubmit={form.onSubmit((input) =>
          signIn.mutate(
            { input },
            {
              onSuccess: () => {
                queries.clear();
                navigate(safeNext(params.get('next')));
              },
            },
          ),
        )}
      >
        <Stack>
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            autoFocus
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            {...form.getInputProps('password')}
          />
          <ErrorNote error={signIn.error} />
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
          <Text size="sm">
            New here?{' '}
            <Anchor component={Link} to="/sign-up" size="sm" underline="always">
              Make an organization
            </Anchor>
          </Text>
        </Stack>
      </form>
    </Panel>
  );
}
