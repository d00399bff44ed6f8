export interface BucketLimits {
  /** What a full bucket holds: the burst. */
  readonly capacity: number;
  /** What flows back each second: the steady rate. */
  readonly perSecond: number;
}

const mostKeys = 100_000;

/**
 * Rate limits by key, in this process's memory: with n copies of a service, a key may use
 * n times as much. The keys longest unused are forgotten first, which makes their buckets
 * full again, so that memory stays bounded whoever asks.
 */
export class TokenBuckets {
  private readonly buckets = new Map<string, { level: number; at: number }>();

  /** @param now milliseconds that never go back. */
  constructor(
    private readonly limits: BucketLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes the cost out of the key's bucket; false, taking nothing, when it holds less. */
  take(key: string, cost = 1): boolean {
    const { capacity, perSecond } = this.limits;
    const now = this.now();
    const bucket = this.buckets.get(key) ?? { level: capacity, at: now };
    const level = Math.min(capacity, bucket.level + ((now - bucket.at) / 1000) * perSecond);
    const enough = level >= cost;
    this.buckets.delete(key); // anew at the end: a Map keeps the order of insertion
    this.buckets.set(key, { level: enough ? level - cost : level, at: now });
    if (this.buckets.size > mostKeys) {
      const [oldest] = this.buckets.keys();
      if (oldest !== undefined) this.buckets.delete(oldest);
    }
    return enough;
  }
}
