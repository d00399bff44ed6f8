import { type FactName, Facts, type ResourceType } from '@isthmus/contracts';
import { ResourceSet } from '@isthmus/sync';

/** The message of each type of fact. */
export type FactOf<N extends FactName> =
  (typeof Facts)[N] extends ResourceType<infer T> ? T : never;

/** How long a change waits for more of its kind before it is sent, in ms. */
const debounceMs = 10;

/**
 * Types of which a fact that is not here says nothing for a while after the start: policies decide
 * what is exported, intents have to come, objects are compared one by one, and what there is of them
 * or of Istio is read.
 */
const late = [
  'IntentStatus',
  'ReleaseStatus',
  'ExportedService',
  'Drift',
  'ConfigurationObject',
  'Inventory',
  'Istio',
  'Readiness',
  'Agent',
] as const;
type LateFact = (typeof late)[number];

const isLate = (name: FactName): boolean => (late as readonly FactName[]).includes(name);

/** All that the agent tells the hub: one set for each type of fact. */
export class FactBoard {
  private readonly byName = new Map<FactName, ResourceSet>(
    (Object.keys(Facts) as FactName[]).map((name) => [
      name,
      new ResourceSet(Facts[name].typeUrl, { debounceMs, incomplete: isLate(name) }),
    ]),
  );

  /** What is published. */
  get sets(): ResourceSet[] {
    return [...this.byName.values()];
  }

  /** All facts of a late type are here: what is not is not so. The hub hears it only now. */
  complete(type: LateFact): void {
    this.of(type).complete();
  }

  set<N extends FactName>(type: N, name: string, fact: FactOf<N>): void {
    const { encode } = Facts[type] as unknown as ResourceType<FactOf<N>>;
    this.of(type).set(name, encode(fact));
  }

  /** Takes a fact back. The cluster itself says so: the hub need not suspect an accident. */
  delete(type: FactName, name: string): void {
    this.of(type).delete(name, { explained: true });
  }

  /** The fact of a name, undefined if there is none. */
  get<N extends FactName>(type: N, name: string): FactOf<N> | undefined {
    const found = this.of(type).get(name);
    return found && (Facts[type].decode(found.body) as FactOf<N>);
  }

  size(type: FactName): number {
    return this.of(type).size;
  }

  has(type: FactName, name: string): boolean {
    return this.of(type).get(name) !== undefined;
  }

  /** Names of the facts of a type; a copy. */
  names(type: FactName): string[] {
    return [...this.of(type).names()];
  }

  private of(type: FactName): ResourceSet {
    return this.byName.get(type) as ResourceSet;
  }
}
