/** What an answer of a collector means for the request. */
export type Verdict =
  /** It has too much to do: again, over this connection. */
  | 'busy'
  /** The same when it says when; without that it means a limit that stays, and the request is refused. */
  | 'busy-with-delay'
  /** Its time was over; it may have taken it all the same. */
  | 'late'
  /** What stands in front of it says that it is gone: the next connection may find another one. */
  | 'gone'
  /** Refused whatever is in the request: the key, the path, or what else is not the content's. */
  | 'auth'
  | 'path'
  | 'other'
  /** Something in the request is wrong. */
  | 'content'
  | 'refused'
  | 'too-large';

/** By the status of gRPC, after OTLP's table. */
const GRPC: Readonly<Record<number, Verdict>> = {
  1: 'busy', // CANCELLED
  2: 'content', // UNKNOWN
  3: 'content', // INVALID_ARGUMENT
  4: 'late', // DEADLINE_EXCEEDED
  5: 'path', // NOT_FOUND
  6: 'refused', // ALREADY_EXISTS
  7: 'auth', // PERMISSION_DENIED
  8: 'busy-with-delay', // RESOURCE_EXHAUSTED
  9: 'refused', // FAILED_PRECONDITION
  10: 'busy', // ABORTED
  11: 'busy', // OUT_OF_RANGE
  12: 'path', // UNIMPLEMENTED
  13: 'content', // INTERNAL
  14: 'gone', // UNAVAILABLE
  15: 'busy', // DATA_LOSS
  16: 'auth', // UNAUTHENTICATED
};

/** By the status of HTTP, after OTLP's table; any other is held. */
const HTTP: Readonly<Record<number, Verdict>> = {
  ...{ 301: 'path', 302: 'path', 307: 'path', 308: 'path' },
  ...{ 400: 'content', 422: 'content' },
  ...{ 401: 'auth', 403: 'auth', 407: 'auth' },
  ...{ 404: 'path', 405: 'path', 415: 'path' },
  413: 'too-large',
  429: 'busy',
  ...{ 502: 'gone', 503: 'gone', 504: 'gone' },
};

export function grpcVerdict(status: number): Verdict {
  return GRPC[status] ?? 'refused';
}

export function httpVerdict(status: number): Verdict {
  return HTTP[status] ?? 'other';
}
