/** A part of the store that goes as a whole. */
export interface Evictable {
  readonly sender: string;
  /** What it takes in memory, roughly; it may grow while it is the newest of its sender. */
  readonly bytes: number;
}

/** Keeps all segments of all senders within so many bytes. */
export interface FairShare<S extends Evictable> {
  readonly bytes: number;
  /** The newest segment of a sender, if it has one. */
  newest(sender: string): S | undefined;
  add(segment: S): void;
  /** A segment has grown, in bytes. */
  grown(segment: S, bytes: number): void;
  /** From the oldest on, of each sender. */
  all(): Iterable<S>;
}

/**
 * While there are too many bytes, the oldest segment goes of whoever has most. So what a sender holds up to its share, the
 * cap through the number of senders, is never taken by another one; what the others do not need may be used.
 */
export function createFairShare<S extends Evictable>(capBytes: number, evicted: (segment: S) => void): FairShare<S> {
  const senders = new Map<string, { segments: S[]; bytes: number }>();
  let total = 0;
  const shrink = () => {
    while (total > capBytes) {
      let most: { segments: S[]; bytes: number } | undefined;
      for (const one of senders.values()) {
        if (one.segments.length > 1 && (most === undefined || one.bytes > most.bytes)) most = one;
      }
      const oldest = most?.segments.shift();
      if (most === undefined || oldest === undefined) return; // each has one that is being filled
      most.bytes -= oldest.bytes;
      total -= oldest.bytes;
      evicted(oldest);
    }
  };
  return {
    get bytes() {
      return total;
    },
    newest: (sender) => senders.get(sender)?.segments.at(-1),
    add: (segment) => {
      const one = senders.get(segment.sender) ?? { segments: [], bytes: 0 };
      senders.set(segment.sender, one);
      one.segments.push(segment);
      one.bytes += segment.bytes;
      total += segment.bytes;
      shrink();
    },
    grown: (segment, bytes) => {
      const one = senders.get(segment.sender);
      if (one !== undefined) one.bytes += bytes;
      total += bytes;
      shrink();
    },
    *all() {
      for (const { segments } of senders.values()) yield* segments;
    },
  };
}
