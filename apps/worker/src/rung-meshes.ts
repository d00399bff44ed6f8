import type { Database, Doorbell } from '@isthmus/platform';

/** A mesh, and whose it is. */
export interface MeshOf {
  readonly organizationId: string;
  readonly meshId: string;
}

/** @param meshIds undefined: all there are. */
export function readMeshes(database: Database, meshIds?: readonly string[]): Promise<MeshOf[]> {
  return database.untenanted.meshClock.findMany({
    ...(meshIds ? { where: { meshId: { in: [...meshIds] } } } : {}),
    select: { meshId: true, organizationId: true },
  });
}

/**
 * Meshes whose bells ring within a time are looked at together, at its end.
 *
 * @returns a function that ends it.
 */
export function gatherRings(
  doorbell: Doorbell,
  withinMs: number,
  look: (meshIds: readonly string[]) => void,
): () => void {
  const rung = new Set<string>();
  let gathering: NodeJS.Timeout | undefined;
  const unwatch = doorbell.watch((meshId) => {
    rung.add(meshId);
    gathering ??= setTimeout(() => {
      const meshIds = [...rung];
      rung.clear();
      gathering = undefined;
      look(meshIds);
    }, withinMs);
  });
  return () => {
    unwatch();
    clearTimeout(gathering);
  };
}
