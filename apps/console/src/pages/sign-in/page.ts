import type { Page } from '../../parts/index.js';

export const pages: readonly Page[] = [
  { path: 'sign-in', scope: 'stranger', title: 'Sign in', load: () => import('./sign-in.js') },
  { path: 'sign-up', scope: 'stranger', title: 'Sign up', load: () => import('./sign-up.js') },
];
