/**
 * What is waiting and under way, in lanes: what has a lane starts when nothing is left of the
 * lanes before it, and none of them holds it up; what has none starts at once.
 */
export class Lanes<T> {
  private readonly free = new Set<T>();
  private readonly waiting = new Map<number, Set<T>>();
  private readonly laneOf = new Map<T, number>();
  private readonly busy = new Map<T, number | undefined>();
  /** By lane, until when it holds up those after it, on the clock of `performance`. */
  private readonly holds = new Map<number, number>();

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
    const lane = this.nextLane;
    if (lane === undefined || this.heldMs > 0) return undefined;
    for (const under of this.busy.values())
      if (under !== undefined && under < lane) return undefined;
    for (const item of this.waiting.get(lane) ?? []) return this.begin(item, lane);
    return undefined;
  }

  done(item: T): void {
    this.busy.delete(item);
  }

  /** Holds up the lanes after that of something under way; what has no lane holds up none. */
  hold(item: T, milliseconds: number): void {
    const lane = this.busy.get(item);
    if (lane !== undefined) this.holds.set(lane, performance.now() + milliseconds);
  }

  /** How long what is first in the lanes is still held up. */
  get heldMs(): number {
    const lane = this.nextLane;
    if (lane === undefined) return 0;
    const before = [...this.holds].filter(([holding]) => holding < lane);
    return Math.max(0, ...before.map(([, until]) => until - performance.now()));
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

  private get nextLane(): number | undefined {
    return [...this.waiting.keys()].sort((a, b) => a - b)[0];
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
