import { Api, rowsOf } from './api/api.js';
import { graphql } from './api/generated/index.js';
import { CliError, usageError } from './errors.js';
import { type Profile, readProfiles } from './profiles.js';
import { note, readStdin } from './terminal.js';

/** What every command takes. */
export interface Globals {
  readonly profile?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly token?: string | undefined;
  readonly mesh?: string | undefined;
  /** In seconds. */
  readonly deadline: number;
}

interface MeshRef {
  readonly id: string;
  readonly name: string;
}

/** Who asks, where, and of which mesh. */
export interface Session {
  readonly api: Api;
  readonly endpoint: string;
  /** The mesh that is meant. @throws USAGE if that is not clear, NOT_FOUND */
  mesh(wanted?: string): Promise<MeshRef>;
}

const MeshRefs = graphql(`
  query MeshRefs($first: Int, $after: String) {
    meshes(first: $first, after: $after) {
      edges {
        node {
          id
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

/** Without a slash at the end; http or https. @throws USAGE */
export function toEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw usageError(`${text} is no address; write it as https://isthmus.example.com`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** The profile that is meant, and the name that it has or would get. */
export async function profileOf({
  profile,
}: Globals): Promise<{ readonly name: string; readonly profile: Profile | undefined }> {
  const { current, profiles } = await readProfiles();
  const said = profile ?? process.env.ISTHMUS_PROFILE;
  const name = said || current;
  return { name, profile: profiles[name] };
}

/** @throws USAGE, UNAUTHENTICATED */
export async function openSession(globals: Globals): Promise<Session> {
  const { name, profile } = await profileOf(globals);
  const saidEndpoint = globals.endpoint ?? process.env.ISTHMUS_ENDPOINT;
  const endpoint = saidEndpoint ? toEndpoint(saidEndpoint) : profile?.endpoint;
  if (!endpoint) {
    throw new CliError('UNAUTHENTICATED', 'not signed in; run isthmus login --endpoint https://…');
  }
  const token = (await tokenOf(globals)) ?? (profile?.endpoint === endpoint && profile.token);
  if (!token) {
    throw new CliError(
      'UNAUTHENTICATED',
      `not signed in to ${endpoint} (profile ${name}); run isthmus login, or set ISTHMUS_TOKEN`,
    );
  }
  const api = new Api({ endpoint, token, deadlineMs: globals.deadline * 1000, note });
  const unlessSaid = globals.mesh ?? process.env.ISTHMUS_MESH ?? profile?.mesh;
  const known = new Map<string | undefined, Promise<MeshRef>>();
  return {
    api,
    endpoint,
    mesh: (wanted = unlessSaid) => {
      const asked = known.get(wanted) ?? meshOf(api, wanted);
      known.set(wanted, asked);
      return asked;
    },
  };
}

/** As a flag or the environment has it; `-` is standard input. */
export async function tokenOf({ token }: Pick<Globals, 'token'>): Promise<string | undefined> {
  if (token === '-') return (await readStdin()).trim();
  return token || process.env.ISTHMUS_TOKEN || undefined;
}

async function meshOf(api: Api, wanted: string | undefined): Promise<MeshRef> {
  const all: MeshRef[] = [];
  for await (const mesh of rowsOf((page) => api.ask(MeshRefs, page).then((it) => it.meshes))) {
    if (mesh.id === wanted || mesh.name === wanted) return mesh;
    all.push(mesh);
  }
  if (wanted) throw new CliError('NOT_FOUND', `there is no mesh ${wanted}`);
  const [only, ...others] = all;
  if (!only) throw new CliError('NOT_FOUND', 'there is no mesh yet; make one with isthmus apply');
  if (others.length > 0) {
    const names = all.slice(0, 10).map(({ name }) => name);
    throw usageError(`say which mesh is meant: --mesh ${names.join('|')}`);
  }
  return only;
}
