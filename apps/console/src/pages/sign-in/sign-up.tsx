import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link, useNavigate } from 'react-router';
import { graphql, queries, useDo } from '../../api/index.js';
import { ErrorNote, PageHead, Panel } from '../../parts/index.js';

const SignUp = graphql(`
  mutation SignUp($input: SignUpInput!) {
    signUp(input: $input) {
      organization {
        id
      }
    }
  }
`);

export default function SignUpPage() {
  const navigate = useNavigate();
  const signUp = useDo(SignUp);
  const form = useForm({
    initialValues: { name: '', email: '', password: '', organizationName: '' },
  });
  return (
    <Panel p="xl">
      <PageHead
        title="Sign up"
        about="An organization holds your meshes, their clusters, and the people who run them."
      />
      <form
        onSubmit={form.onSubmit((input) =>
          signUp.mutate(
            { input },
            {
              onSuccess: () => {
                queries.clear();
                navigate('/');
              },
            },
          ),
        )}
      >
        <Stack>
          <TextInput
            label="Organization"
            autoComplete="organization"
            required
            autoFocus
            {...form.getInputProps('organizationName')}
          />
          <TextInput
            label="Your name"
            autoComplete="name"
            required
            {...form.getInputProps('name')}
          />
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label="Password"
            description="12 to 128 characters"
            autoComplete="new-password"
            required
            {...form.getInputProps('password')}
          />
          <ErrorNote error={signUp.error} />
          <Button type="submit" loading={signUp.isPending}>
            Sign up
          </Button>
          <Text size="sm">
            You have an account?{' '}
            <Anchor component={Link} to="/sign-in" size="sm" underline="always">
              Sign in
            </Anchor>
          </Text>
        </Stack>
      </form>
    </Panel>
  );
}
