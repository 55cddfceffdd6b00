/**
 * How the receiver misbehaves, for tests and benchmarks; {} is a healthy collector. Settable at any time; a request is
 * judged by what is set when it arrives. Order: delay and hold, then refuse, silent, reset, then partial.
 */
export interface Faults {
  /** Milliseconds each request waits before anything else happens. */
  readonly delayMs?: number;
  /** Each request waits for it to settle: a test opens it without measuring time. */
  readonly hold?: Promise<unknown>;
  /** Refuses with these codes; 14 (UNAVAILABLE) and 503 when left out. */
  readonly refuse?: {
    readonly grpc?: number;
    readonly http?: number;
    readonly message?: string;
    /** Sent as RetryInfo over gRPC and, in whole seconds rounded up, as Retry-After over HTTP. */
    readonly retryAfterMs?: number;
  };
  /** Never answers, and keeps the connection. */
  readonly silent?: boolean;
  /** Resets the connection (TCP RST) instead of answering. */
  readonly reset?: boolean;
  /** With `silent` or `reset`: the items are taken all the same, as when only the answer is lost. Default false. */
  readonly takes?: boolean;
  /** Rejects the last `rejected` items of each request, takes the others, and says so in a partial success. */
  readonly partial?: { readonly rejected: number; readonly message?: string };
  /** Only each so many-th request is under them: 5 with `reset` is a proxy that cuts each connection after five. Default 1. */
  readonly every?: number;
  /** Heals after so many requests. Default: never. */
  readonly times?: number;
}

/** Holds the faults that are set and counts their requests. */
export class FaultPlan {
  #faults: Faults = {};
  #left = Number.POSITIVE_INFINITY;
  #asked = 0;

  get faults(): Faults {
    return this.#faults;
  }

  set faults(faults: Faults) {
    this.#faults = faults;
    this.#left = faults.times ?? Number.POSITIVE_INFINITY;
  }

  /** The faults for one request. */
  next(): Faults {
    const faults = this.#faults;
    this.#asked += 1;
    if (this.#asked % (faults.every ?? 1) !== 0) return {};
    this.#left -= 1;
    if (this.#left <= 0) this.faults = {};
    return faults;
  }
}
