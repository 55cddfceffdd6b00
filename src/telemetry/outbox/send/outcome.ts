import type { Encoding, Signal } from '../format/record.js';

/** What became of one request, in the words of OTLP's specification rather than of a transport. */
export type Outcome =
  /** Acknowledged; `rejected` items of it were refused for good. */
  | { readonly type: 'accepted'; readonly rejected: number; readonly message: string }
  /** To be tried again: not before `afterMs` if the collector said so, and over a new connection if `reconnect`. */
  | {
      readonly type: 'retry';
      readonly reason: string;
      readonly reconnect: boolean;
      readonly afterMs: number | undefined;
      /** The collector is alive but has too much to do: back off further. */
      readonly overloaded: boolean;
      /** Nothing came within the time of a request: the collector may have taken it all the same. */
      readonly timedOut: boolean;
    }
  /** Refused whatever is in it: a key, a path or a receiver is wrong. Kept, and tried again slowly until that is mended. */
  | { readonly type: 'held'; readonly reason: string; readonly fix?: string }
  | { readonly type: 'too-large'; readonly reason: string }
  /** Never to be tried again; `content` if one bad record may have spoilt a merged request. */
  | { readonly type: 'refused'; readonly reason: string; readonly content: boolean };

export interface OutgoingRequest {
  readonly signal: Signal;
  readonly encoding: Encoding;
  /** The request's bytes, in order. */
  readonly chunks: readonly Uint8Array[];
  /** Milliseconds until the outcome is 'retry'. */
  readonly timeoutMs: number;
}

/** One connection to a collector. `send` resolves for every failure; it never rejects. */
export interface Transport {
  send(request: OutgoingRequest): Promise<Outcome>;
  /** Ends what is in flight and frees the connection. */
  close(): void;
}

/** No answer within so many milliseconds: like a collector with too much to do, which a request the sooner makes slower. */
export function noAnswer(ms: number): Outcome {
  return retry(`no answer within ${ms} ms`, { overloaded: true, timedOut: true });
}

export function retry(reason: string, more: Partial<Extract<Outcome, { type: 'retry' }>> = {}): Outcome {
  return { type: 'retry', reason, reconnect: true, afterMs: undefined, overloaded: false, timedOut: false, ...more };
}

/** What to do about a refusal of its kind. */
type FixOf = (kind: 'auth' | 'path' | 'other') => string | undefined;

const held = (reason: string, fix: string | undefined): Outcome => ({ type: 'held', reason, ...(fix && { fix }) });
const HTTP_WHY: Readonly<Record<number, 'auth' | 'path'>> = {
  ...{ 401: 'auth', 403: 'auth', 407: 'auth' },
  ...{ 404: 'path', 405: 'path', 415: 'path', 301: 'path', 302: 'path', 307: 'path', 308: 'path' },
};

/** NOT_FOUND, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED. */
const GRPC_HELD = new Set([5, 7, 12, 16]);
/** What says that the content of a request is wrong. */
const HTTP_CONTENT = new Set([400, 422]);
const GRPC_RETRYABLE = new Set([1, 4, 8, 10, 11, 14, 15]);
/** The texts by which the gRPC libraries of Go, C++, Java, .NET, Node and Rust say that a message is too large. */
const TOO_LARGE = /larger than max|too large|exceeds (the )?max/i;

/** gRPC status to outcome, after OTLP's table: RESOURCE_EXHAUSTED is retryable only when RetryInfo says so. */
export function fromGrpcStatus(
  code: number,
  message: string,
  retryAfterMs: number | undefined,
  fixOf: FixOf = () => undefined,
): Outcome {
  const reason = `gRPC status ${code}${message ? `: ${message}` : ''}`;
  if ((code === 8 || code === 11) && retryAfterMs === undefined && TOO_LARGE.test(message)) {
    return { type: 'too-large', reason };
  }
  if (GRPC_HELD.has(code)) return held(reason, fixOf(code === 7 || code === 16 ? 'auth' : 'path'));
  if (!GRPC_RETRYABLE.has(code) || (code === 8 && retryAfterMs === undefined)) {
    return { type: 'refused', reason, content: code === 3 || code === 13 || code === 2 };
  }
  // 14 is what a load balancer says of a collector that is gone: the next connection may find another one.
  return retry(reason, {
    afterMs: retryAfterMs,
    reconnect: code === 14 || code === 4,
    overloaded: code !== 14,
    timedOut: code === 4,
  });
}

/** @param words what the collector says to it, fit for a line of ours */
export function fromHttpStatus(
  status: number,
  { retryAfter, words = '' }: { readonly retryAfter?: string | undefined; readonly words?: string },
  wallClock: number,
  fixOf: FixOf = () => undefined,
): Outcome {
  const reason = `HTTP status ${status}${words && `: ${words}`}`;
  if (status === 413) return { type: 'too-large', reason };
  if (HTTP_CONTENT.has(status)) return { type: 'refused', reason, content: true };
  if (![429, 502, 503, 504].includes(status)) return held(reason, fixOf(HTTP_WHY[status] ?? 'other'));
  return retry(reason, {
    afterMs: parseRetryAfter(retryAfter, wallClock),
    reconnect: status !== 429,
    overloaded: status === 429,
  });
}

/** Seconds or a date, as milliseconds from now. */
function parseRetryAfter(value: string | undefined, wallClock: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - wallClock : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
