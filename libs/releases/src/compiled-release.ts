import { configurationName, encodeManifest, Intents, releaseDigest } from '@isthmus/contracts';
import { type PreparedResource, prepareResource } from '@isthmus/sync';
import { applyOverrides } from './bundle/override.js';
import { matchesSelector } from './bundle/selector.js';
import type { ConfigurationObject, Override, Selector } from './objects.js';

/** What one cluster runs of a release; the same for all that its selectors tell alike. */
export interface Variant {
  /** As in ReleaseIntent. */
  readonly digest: string;
  /** With the overrides in them, by the name of their intents, in its order. */
  readonly objects: ReadonlyMap<string, ConfigurationObject>;
  readonly resources: ReadonlyMap<string, PreparedResource>;
}

const mostVariants = 1_024;

/**
 * A release as it goes to clusters. Every object is encoded once, and once more for each set of
 * overrides that some cluster has; clusters that no selector tells apart share all of it.
 */
export class CompiledRelease {
  private readonly variants = new Map<string, Variant>();
  /** Objects with overrides in them, by name and overrides: variants share these. */
  private readonly patched = new Map<string, ConfigurationObject>();
  private readonly encoded = new WeakMap<ConfigurationObject, PreparedResource>();
  private readonly selectors: readonly Selector[];
  /** Overrides by the name of their target's intent. */
  private readonly overrides = new Map<string, Override[]>();

  constructor(
    readonly id: string,
    readonly number: number,
    readonly objects: readonly ConfigurationObject[],
    overrides: readonly Override[],
  ) {
    for (const override of [...overrides].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = configurationName(override.target);
      this.overrides.set(name, [...(this.overrides.get(name) ?? []), override]);
    }
    const distinct = new Map(
      [...objects, ...overrides].map(({ clusters }) => [JSON.stringify(clusters), clusters]),
    );
    this.selectors = [...distinct.values()];
  }

  /** @param labels of the cluster, as `selectableLabels` has them. */
  variantFor(labels: Readonly<Record<string, string>>): Variant {
    const key = this.selectors
      .map((selector) => Number(matchesSelector(selector, labels)))
      .join('');
    let variant = this.variants.get(key);
    if (!variant) {
      // Labels may change without end; those that are in use come back by themselves.
      if (this.variants.size >= mostVariants) {
        this.variants.clear();
        this.patched.clear();
      }
      variant = this.makeVariant(labels);
      this.variants.set(key, variant);
    }
    return variant;
  }

  private makeVariant(labels: Readonly<Record<string, string>>): Variant {
    const objects = new Map<string, ConfigurationObject>();
    for (const object of this.objects) {
      if (!matchesSelector(object.clusters, labels)) continue;
      const name = configurationName(object);
      const overrides = (this.overrides.get(name) ?? []).filter(({ clusters }) =>
        matchesSelector(clusters, labels),
      );
      objects.set(name, this.patch(name, object, overrides));
    }
    const sorted = [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
    const resources = new Map(sorted.map(([name, object]) => [name, this.encode(name, object)]));
    return { digest: releaseDigest(resources), objects: new Map(sorted), resources };
  }

  private patch(name: string, object: ConfigurationObject, overrides: readonly Override[]) {
    if (overrides.length === 0) return object;
    const key = [name, ...overrides.map((override) => override.name)].join(' ');
    const result = this.patched.get(key) ?? overridden(object, overrides);
    this.patched.set(key, result);
    return result;
  }

  private encode(name: string, object: ConfigurationObject): PreparedResource {
    let resource = this.encoded.get(object);
    if (!resource) {
      resource = prepareResource(
        Intents.Configuration.typeUrl,
        name,
        Intents.Configuration.encode(toIntent(object)),
      );
      this.encoded.set(object, resource);
    }
    return resource;
  }
}

/** A cluster that runs no release has this one of nothing. */
export const noRelease = new CompiledRelease('', 0, [], []);

/**
 * What was checked when the release was made are the overrides that met then: where others meet,
 * in a cluster that came later, one that does not go with those before it is left out, since a
 * cluster must not lose all of its configuration for that.
 */
function overridden(object: ConfigurationObject, overrides: readonly Override[]) {
  return overrides.reduce((before, override) => {
    try {
      return applyOverrides(before, [override]);
    } catch {
      return before;
    }
  }, object);
}

/** What a variant has that another one has not, or has otherwise; by the name of its intent. */
export function changedIn(variant: Variant, before: Variant): Map<string, ConfigurationObject> {
  const isNew = ([name]: readonly [string, unknown]): boolean =>
    variant.resources.get(name)?.version !== before.resources.get(name)?.version;
  return new Map([...variant.objects].filter(isNew));
}

/** An object as the wire has it. */
export function toIntent(object: ConfigurationObject) {
  const { group, version, kind, namespace, name } = object;
  return { group, version, kind, namespace, name, manifest: encodeManifest(object) };
}
