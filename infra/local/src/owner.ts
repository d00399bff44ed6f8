import { ApiClient } from './graphql.js';

/** Who signed up, and asks in the name of their organization. */
export interface Owner {
  readonly api: ApiClient;
  readonly sessionToken: string;
  readonly organizationId: string;
}

/** Signs somebody up, with an organization of their own. */
export async function signUp(apiUrl: string, email = 'ada@acme.example'): Promise<Owner> {
  const anonymous = new ApiClient(apiUrl);
  const { signUp } = await anonymous.query<{
    signUp: { sessionToken: string; organization: { id: string } };
  }>(
    `mutation ($input: SignUpInput!) { signUp(input: $input) { sessionToken organization { id } } }`,
    {
      input: {
        email,
        password: 'correct horse battery staple',
        name: 'Ada',
        organizationName: 'Acme',
      },
    },
  );
  const { sessionToken, organization } = signUp;
  return { api: anonymous.as(sessionToken), sessionToken, organizationId: organization.id };
}
