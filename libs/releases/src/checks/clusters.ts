import { matchesSelector } from '../bundle/selector.js';
import type { ConfigurationObject, Selector } from '../objects.js';

/** A cluster, as far as objects select by it. */
export interface CheckedCluster {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Says which objects meet in some cluster. Each selector is tried on each cluster once. */
export class ClusterSets {
  private readonly bySelector = new Map<string, ReadonlySet<string>>();
  private readonly overlaps = new Map<string, boolean>();

  constructor(private readonly clusters: readonly CheckedCluster[]) {}

  /** While there are no clusters, all objects are taken to meet. */
  overlap(a: ConfigurationObject, b: ConfigurationObject): boolean {
    if (this.clusters.length === 0) return true;
    const [left, right] = [keyOf(a.clusters), keyOf(b.clusters)];
    const key = `${left}|${right}`;
    let overlaps = this.overlaps.get(key);
    if (overlaps === undefined) {
      const others = this.namesOf(b.clusters, right);
      overlaps = [...this.namesOf(a.clusters, left)].some((name) => others.has(name));
      this.overlaps.set(key, overlaps);
    }
    return overlaps;
  }

  /**
   * Where an object is, and none of those that it needs.
   * @returns undefined if there is no such cluster; empty if no cluster is known at all.
   */
  lacking(
    object: ConfigurationObject,
    needed: readonly ConfigurationObject[],
  ): readonly string[] | undefined {
    if (this.clusters.length === 0) return needed.length === 0 ? [] : undefined;
    const left = new Set(this.namesOf(object.clusters, keyOf(object.clusters)));
    for (const other of needed) {
      for (const name of this.namesOf(other.clusters, keyOf(other.clusters))) left.delete(name);
      if (left.size === 0) break;
    }
    // Nothing of the sort is there at all: that is no matter of clusters.
    if (needed.length === 0) return [];
    return left.size === 0 ? undefined : [...left].sort();
  }

  private namesOf(selector: Selector, key: string): ReadonlySet<string> {
    let names = this.bySelector.get(key);
    if (!names) {
      const selected = this.clusters.filter(({ labels }) => matchesSelector(selector, labels));
      names = new Set(selected.map(({ name }) => name));
      this.bySelector.set(key, names);
    }
    return names;
  }
}

const keys = new WeakMap<Selector, string>();

function keyOf(selector: Selector): string {
  let key = keys.get(selector);
  if (key === undefined) {
    key = JSON.stringify(selector);
    keys.set(selector, key);
  }
  return key;
}

/** ` in the clusters a, b and 3 more`; empty for none. */
export function inClusters(names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 3).join(', ');
  const rest = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return ` in the ${names.length === 1 ? 'cluster' : 'clusters'} ${shown}${rest}`;
}
