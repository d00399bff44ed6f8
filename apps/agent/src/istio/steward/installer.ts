import type { DesiredRevision } from '@isthmus/contracts';

/** Brings istiods about and takes them away; all of it can be done again, after any interruption. */
export interface Installer {
  /** @throws TaskError, HelmError, KubeError */
  install(revision: DesiredRevision): Promise<void>;
  /** Resolves when all that is of it is gone. Nobody uses it. @throws as `install` */
  remove(revision: DesiredRevision): Promise<void>;
}
