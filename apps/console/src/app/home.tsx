import { Navigate } from 'react-router';
import { useSession } from '../api/index.js';
import { lastMesh } from './last-mesh.js';

/** The fleet that was looked at last, or the first; who has no mesh makes one. */
export function Home() {
  const mesh = lastMesh(useSession());
  return <Navigate to={mesh ? `/meshes/${mesh.id}/fleet` : '/meshes/new'} replace />;
}
