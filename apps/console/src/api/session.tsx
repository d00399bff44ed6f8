import { createContext, useContext } from 'react';
import type { Role, SessionQuery } from './generated/graphql.js';
import { graphql } from './graphql.js';
import { queries, useDo } from './queries.js';
import type { ApiError } from './request.js';

export type { Role };

export const Session = graphql(`
  query Session {
    viewer {
      user {
        id
        name
        email
      }
    }
    organization {
      id
      name
      viewerRole
    }
    meshes(first: 200) {
      edges {
        node {
          id
          name
          trustDomain
        }
      }
    }
  }
`);

/** Reads anew who is signed in and which meshes there are, and ends when they are here. */
export function readSession(): Promise<void> {
  return queries.invalidateQueries({ queryKey: [Session.toString()] });
}

/** Who is signed in, in which organization, and its meshes. */
export const SessionContext = createContext<SessionQuery | undefined>(undefined);

/** Only below the shell, which asks who it is. */
export function useSession(): SessionQuery {
  const session = useContext(SessionContext);
  if (!session) throw new Error('no session: this page belongs below the shell');
  return session;
}

/** From least to most. */
export const roles = ['VIEWER', 'OPERATOR', 'ADMIN', 'OWNER'] as const satisfies readonly Role[];

/** Whether the viewer's role is this one or a higher one; the API has the last word. */
export function useMay(role: Role): boolean {
  return roles.indexOf(useSession().organization.viewerRole) >= roles.indexOf(role);
}

const SignOut = graphql(`
  mutation SignOut {
    signOut {
      signedOut
    }
  }
`);

/** Ends the session, and forgets all that was read in it. An error says that it goes on. */
export function useSignOut(onDone: () => void): {
  readonly error: ApiError | null;
  readonly isPending: boolean;
  signOut(): void;
} {
  const { mutate, error, isPending } = useDo(SignOut);
  return {
    error,
    isPending,
    signOut: () =>
      mutate(
        {},
        {
          onSuccess: () => {
            queries.clear();
            onDone();
          },
        },
      ),
  };
}
