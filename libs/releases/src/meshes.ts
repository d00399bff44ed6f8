import { notFound } from '@isthmus/fleet';
import { isId } from '@isthmus/kernel';
import type { Transaction } from '@isthmus/platform';

/** @throws NOT_FOUND if the mesh is not there, or another tenant's. */
export async function findMesh(tx: Transaction, meshId: string): Promise<void> {
  const mesh =
    isId('mesh', meshId) &&
    (await tx.mesh.findUnique({ where: { id: meshId }, select: { id: true } }));
  if (!mesh) throw notFound('mesh');
}
