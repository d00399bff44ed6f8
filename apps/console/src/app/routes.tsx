import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import type { Page } from '../parts/page.js';
import { Broken, Missing, Waiting } from './fallbacks.js';
import { StrangerFrame } from './stranger-frame.js';

const modules = import.meta.glob<{ readonly pages: readonly Page[] }>('../pages/*/page.ts', {
  eager: true,
});

/** Every page there is. */
const pages: readonly Page[] = Object.values(modules).flatMap((module) => module.pages);

function routesOf(scope: Page['scope']): RouteObject[] {
  return pages
    .filter((page) => page.scope === scope)
    .map((page) => ({
      path: page.path,
      handle: page,
      errorElement: <Broken />,
      lazy: async () => ({ Component: (await page.load()).default }),
    }));
}

export const router = createBrowserRouter([
  {
    HydrateFallback: Waiting,
    errorElement: <Broken />,
    children: [
      { element: <StrangerFrame />, children: routesOf('stranger') },
      {
        // A stranger does without.
        lazy: async () => {
          const { Shell } = await import('./shell.js');
          return { element: <Shell pages={pages} /> };
        },
        children: [
          { index: true, lazy: async () => ({ Component: (await import('./home.js')).Home }) },
          ...routesOf('person'),
          {
            path: 'meshes/:meshId',
            children: [
              { index: true, element: <Navigate to="fleet" replace /> },
              ...routesOf('mesh'),
              { path: '*', element: <Missing /> },
            ],
          },
          { path: '*', element: <Missing /> },
        ],
      },
    ],
  },
]);
