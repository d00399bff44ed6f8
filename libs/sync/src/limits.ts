/** What is taken from a peer at most. Whatever is larger is refused before it is decoded. */
export interface Limits {
  /** Bytes of one message. */
  readonly messageBytes: number;
  /** Resources and removals of one message, names of a resume, and names of a type in all. */
  readonly resources: number;
}

export const defaultLimits: Limits = { messageBytes: 4 * 1024 * 1024, resources: 20_000 };

/** UTF-16 code units of a resource's name. */
export const longestName = 300;

/** What a publisher puts into one message, well below what a subscriber takes. */
export const frameBytes = 1024 * 1024;
export const frameItems = 5_000;

/** Bytes of one body: with its envelope it must fit into a message. */
export const largestBody = defaultLimits.messageBytes - 16 * 1024;
