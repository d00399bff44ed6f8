import { graphql, useApi, useMay, useSession } from '../api/index.js';

const Members = graphql(`
  query ActorMembers {
    organization {
      id
      members(first: 200) {
        edges {
          node {
            user {
              id
              name
            }
          }
        }
      }
    }
  }
`);

const Tokens = graphql(`
  query ActorTokens {
    organization {
      id
      apiTokens(first: 200) {
        edges {
          node {
            id
            name
          }
        }
      }
    }
  }
`);

/** Who did something, by name: a person or an API token; null is the service itself. */
export function Actor({ id }: { readonly id: string | null | undefined }) {
  const { viewer } = useSession();
  const mayRead = useMay('ADMIN');
  const isOwn = id === viewer.user?.id;
  const isKnown = id === null || id === undefined || isOwn;
  const members = useApi(Members, {}, { enabled: !isKnown });
  const tokens = useApi(Tokens, {}, { enabled: !isKnown && mayRead });
  if (id === null || id === undefined) return <>the service</>;
  if (isOwn) return <>{viewer.user?.name ?? 'you'}</>;
  const member = members.data?.organization.members.edges.find(({ node }) => node.user.id === id);
  if (member) return <>{member.node.user.name}</>;
  const token = tokens.data?.organization.apiTokens.edges.find(({ node }) => node.id === id);
  if (token) return <>token {token.node.name}</>;
  if (members.isPending) return <>…</>;
  // Somebody who has left, or a token that the viewer may not see.
  return <>{id.startsWith('apitoken_') ? 'an API token' : 'somebody else'}</>;
}
