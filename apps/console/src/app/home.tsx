import { Navigate } from 'react-router';
import { useSession } from '../api/index.js';

/** The fleet that was looked at last, or the first; who has no mesh makes one. */
export function Home() {
  const { meshes } = useSession();
  const last = localStorage.getItem('isthmus-mesh');
  const mesh = meshes.edges.find(({ node }) => node.id === last) ?? meshes.edges[0];
  return <Navigate to={mesh ? `/meshes/${mesh.node.id}/fleet` : '/meshes/new'} replace />;
}
