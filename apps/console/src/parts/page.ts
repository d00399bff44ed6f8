import type { Icon } from '@tabler/icons-react';
import type { ComponentType } from 'react';

/**
 * A page, as its folder below `pages/` says of itself in `page.ts`. That is all it takes: the
 * routes and the navigation are made of these.
 */
export interface Page {
  /** As React Router writes it, below `/meshes/:meshId` for those of a mesh: `clusters/:clusterId`. */
  readonly path: string;
  /** Whose page: a stranger's, a signed-in person's, or one of a mesh. */
  readonly scope: 'stranger' | 'person' | 'mesh';
  readonly title: string;
  /** Its place in the navigation, lower ones first; none for pages that others lead to. */
  readonly navigation?: { readonly order: number; readonly icon: Icon };
  /** Whether it takes the whole width, as a graph does. */
  readonly wide?: boolean;
  load(): Promise<{ readonly default: ComponentType }>;
}
