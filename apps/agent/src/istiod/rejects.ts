/**
 * How much the counts of what proxies refused have grown since a moment. Each istiod counts for
 * itself, from 0 when it starts; one that was not there at the moment counts from its first look.
 */
export class Rejects {
  private readonly last = new Map<string, ReadonlyMap<string, number>>();
  private readonly growth = new Map<string, number>();

  /** From here on. */
  reset(): void {
    this.last.clear();
    this.growth.clear();
  }

  /** @param counts By type, as that istiod tells them now. */
  note(istiod: string, counts: ReadonlyMap<string, number>): void {
    const before = this.last.get(istiod);
    this.last.set(istiod, counts);
    if (!before) return;
    for (const [type, count] of counts) {
      const grown = count - (before.get(type) ?? 0);
      if (grown > 0) this.growth.set(type, (this.growth.get(type) ?? 0) + grown);
    }
  }

  /** By type; empty while nothing was refused. */
  get grown(): ReadonlyMap<string, number> {
    return this.growth;
  }
}
