import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  { path: 'meshes/new', scope: 'person', title: 'New mesh', load: () => import('./new-mesh.js') },
];
