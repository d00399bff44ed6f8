/**
 * What is waiting and under way, in lanes: what has a lane starts when nothing is left of the
 * lanes before it, what has none starts at once.
 */
export class Lanes<T> {
  private readonly free = new Set<T>();
  private readonly waiting = new Map<number, Set<T>>();
  private readonly laneOf = new Map<T, number>();
  private readonly busy = new Map<T, number | undefined>();

  /** Puts it in a lane, at the end, or takes it into another one. */
  add(item: T, lane: number | undefined): void {
    const before = this.laneOf.get(item);
    if (lane === undefined ? this.free.has(item) : lane === before) return;
    this.remove(item);
    if (lane === undefined) {
      this.free.add(item);
      return;
    }
    this.laneOf.set(item, lane);
    const others = this.waiting.get(lane);
    if (others) others.add(item);
    else this.waiting.set(lane, new Set([item]));
  }

  /** The next one that may start: it is under way until `done`. */
  start(): T | undefined {
    for (const item of this.free) return this.begin(item, undefined);
    const lanes = [...this.waiting.keys()].sort((a, b) => a - b);
    const lane = lanes[0];
    if (lane === undefined) return undefined;
    for (const under of this.busy.values())
      if (under !== undefined && under < lane) return undefined;
    for (const item of this.waiting.get(lane) ?? []) return this.begin(item, lane);
    return undefined;
  }

  done(item: T): void {
    this.busy.delete(item);
  }

  isBusy(item: T): boolean {
    return this.busy.has(item);
  }

  get busyCount(): number {
    return this.busy.size;
  }

  get isEmpty(): boolean {
    return this.busy.size + this.free.size + this.laneOf.size === 0;
  }

  /** Forgets what is waiting. */
  clear(): void {
    this.free.clear();
    this.waiting.clear();
    this.laneOf.clear();
  }

  private begin(item: T, lane: number | undefined): T {
    this.remove(item);
    this.busy.set(item, lane);
    return item;
  }

  private remove(item: T): void {
    this.free.delete(item);
    const lane = this.laneOf.get(item);
    if (lane === undefined) return;
    this.laneOf.delete(item);
    const others = this.waiting.get(lane);
    others?.delete(item);
    if (others?.size === 0) this.waiting.delete(lane);
  }
}
