import { Api, isId } from './api/api.js';
import { Bell } from './api/bell.js';
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
  /** Of that mesh; whoever takes it closes it. */
  bell(): Promise<Bell>;
}

const MeshRefs = graphql(`
  query MeshRefs {
    meshes(first: 10) {
      edges {
        node {
          id
          name
        }
      }
    }
  }
`);
const MeshRefOfId = graphql(`
  query MeshRefOfId($id: ID!) {
    mesh(id: $id) {
      id
      name
    }
  }
`);
const MeshRefNamed = graphql(`
  query MeshRefNamed($name: String!) {
    meshByName(name: $name) {
      id
      name
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
  const mesh = (wanted = unlessSaid): Promise<MeshRef> => {
    const asked = known.get(wanted) ?? meshOf(api, wanted);
    known.set(wanted, asked);
    return asked;
  };
  const bell = async () => new Bell({ endpoint, token, meshId: (await mesh()).id });
  return { api, endpoint, mesh, bell };
}

/** As a flag or the environment has it; `-` is standard input. */
export async function tokenOf({ token }: Pick<Globals, 'token'>): Promise<string | undefined> {
  if (token === '-') return (await readStdin()).trim();
  return token || process.env.ISTHMUS_TOKEN || undefined;
}

async function meshOf(api: Api, wanted: string | undefined): Promise<MeshRef> {
  if (wanted) {
    const mesh = isId(wanted)
      ? (await api.ask(MeshRefOfId, { id: wanted })).mesh
      : (await api.ask(MeshRefNamed, { name: wanted })).meshByName;
    if (mesh) return mesh;
    throw new CliError('NOT_FOUND', `there is no mesh ${wanted}`);
  }
  const all = (await api.ask(MeshRefs, {})).meshes.edges.map(({ node }) => node);
  const [only, ...others] = all;
  if (!only) throw new CliError('NOT_FOUND', 'there is no mesh yet; make one with isthmus apply');
  if (others.length > 0) {
    const names = all.map(({ name }) => name);
    throw usageError(`say which mesh is meant: --mesh ${names.join('|')}`);
  }
  return only;
}
