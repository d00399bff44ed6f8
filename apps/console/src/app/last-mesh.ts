import type { SessionQuery } from '../api/generated/graphql.js';

type Mesh = SessionQuery['meshes']['edges'][number]['node'];

const key = 'isthmus-mesh';

/** The mesh that was looked at last in this browser, or else the first there is. */
export function lastMesh({ meshes: { edges } }: SessionQuery): Mesh | undefined {
  const id = remembered();
  return (edges.find(({ node }) => node.id === id) ?? edges[0])?.node;
}

export function rememberMesh(meshId: string): void {
  try {
    localStorage.setItem(key, meshId);
  } catch {
    // The browser keeps nothing for pages: the first mesh is as good.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
