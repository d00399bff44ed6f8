import { type Kube, KubeError } from '../kube/client.js';
import type { Informer } from '../kube/informer.js';
import { Core, type Kind, type KubeObject } from '../kube/kinds.js';
import { isAsWanted, isOurs, isSameContent, removeForeign, versionOf } from '../kube/ownership.js';
import type { Drifts } from './drifts.js';
import { type Entry, nameOf, type Wanted } from './entry.js';

export interface DriftJudgeSettings {
  readonly kube: Kube;
  informer(kind: Kind): Informer<KubeObject> | undefined;
  readonly drifts: Pick<Drifts, 'areTolerated' | 'found' | 'isLeftDeleted' | 'settled'>;
}

/** Tells whose doing it is that an object of a release is not as wanted, and what is done about it. */
export class DriftJudge {
  constructor(private readonly settings: DriftJudgeSettings) {}

  /**
   * - `none`: it was never written so, or went with its namespace
   * - `server`: the server makes of it what is there
   * - `left`: somebody changed it, and that is tolerated; it has been noted
   * - `corrected`: somebody changed it, and it is to be put back
   */
  async judge(
    entry: Entry,
    wanted: Wanted,
    live: KubeObject | undefined,
  ): Promise<'none' | 'server' | 'left' | 'corrected'> {
    const { drifts } = this.settings;
    if (!live && !this.hasNamespace(entry)) {
      // It comes back with its namespace, whatever is tolerated.
      entry.applied = undefined;
      drifts.settled(nameOf(wanted.intent));
      return 'none';
    }
    if (!hasChanged(entry, wanted, live, drifts)) return 'none';
    if (live && (await this.isOfServer(entry, wanted, live))) return 'server';
    if (!drifts.areTolerated) return 'corrected';
    this.note(wanted, live, 'tolerated');
    return 'left';
  }

  /** The object is as wanted. */
  settled({ intent }: Wanted): void {
    this.settings.drifts.settled(nameOf(intent));
  }

  /** What was found has been put back. */
  reverted(wanted: Wanted, found: KubeObject | undefined): void {
    this.note(wanted, found, 'reverted');
  }

  /** Whether there is a namespace to write an object into. */
  hasNamespace({ namespace }: Entry): boolean {
    const namespaces = this.settings.informer(Core.Namespace);
    if (!namespaces || namespace === undefined) return true;
    const found = namespaces.get(undefined, namespace);
    return found !== undefined && !found.metadata.deletionTimestamp;
  }

  private note(
    { intent, desired }: Wanted,
    live: KubeObject | undefined,
    outcome: 'reverted' | 'tolerated',
  ): void {
    const version = versionOf(desired.object);
    this.settings.drifts.found(nameOf(intent), { version, live, outcome });
  }

  /** An apply that would change nothing: nobody touched it since the last one. */
  private async isOfServer(
    entry: Entry,
    { desired: { object } }: Wanted,
    live: KubeObject,
  ): Promise<boolean> {
    if (removeForeign(live, object).length > 0) return false;
    try {
      const { kube } = this.settings;
      const again = await kube.apply<KubeObject>(entry.kind, object, { dryRun: true });
      return isSameContent(live, again);
    } catch (error) {
      if (error instanceof KubeError && !error.transient) return false;
      throw error;
    }
  }
}

/** Whether an object has been as wanted, in this life or before, and is not now. */
function hasChanged(
  entry: Entry,
  { content, desired, intent }: Wanted,
  live: KubeObject | undefined,
  drifts: Pick<Drifts, 'isLeftDeleted'>,
): boolean {
  const version = versionOf(desired.object);
  if (!live) return entry.applied === content || drifts.isLeftDeleted(nameOf(intent), version);
  // What was made by a request whose answer was lost is as wanted, only not booked.
  if (!isOurs(live) || isAsWanted(live, desired.object)) return false;
  return entry.applied === content || versionOf(live) === version;
}
