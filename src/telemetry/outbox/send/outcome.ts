import type { Encoding, Signal } from '../format/record.js';
import { grpcVerdict, httpVerdict, type Verdict } from './verdicts.js';

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
      /** Somebody was there and took it, perhaps, but did not acknowledge it: each try costs them a request, and may arrive twice. */
      readonly reached: boolean;
      /** Nothing came within the time of a request: the collector may have taken it all the same. */
      readonly timedOut: boolean;
      /** What to do about it, where more is known than that nobody is there. */
      readonly fix?: string;
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
  return {
    type: 'retry',
    ...{ reason, reconnect: true, afterMs: undefined, overloaded: false, reached: false, timedOut: false },
    ...more,
  };
}

/** What to do about a refusal of its kind. */
type FixOf = (kind: 'auth' | 'path' | 'other') => string | undefined;

const held = (reason: string, fix: string | undefined): Outcome => ({ type: 'held', reason, ...(fix && { fix }) });

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
  const verdict = grpcVerdict(code);
  return verdict === 'busy-with-delay' && retryAfterMs === undefined
    ? { type: 'refused', reason, content: false }
    : outcomeOf(verdict, { reason, afterMs: retryAfterMs, fixOf });
}

/** @param words what the collector says to it, fit for a line of ours */
export function fromHttpStatus(
  status: number,
  { retryAfter, words = '' }: { readonly retryAfter?: string | undefined; readonly words?: string },
  wallClock: number,
  fixOf: FixOf = () => undefined,
): Outcome {
  const reason = `HTTP status ${status}${words && `: ${words}`}`;
  return outcomeOf(httpVerdict(status), { reason, afterMs: parseRetryAfter(retryAfter, wallClock), fixOf });
}

interface Answer {
  readonly reason: string;
  /** What the collector asks for. */
  readonly afterMs: number | undefined;
  readonly fixOf: FixOf;
}

function outcomeOf(verdict: Verdict, { reason, afterMs, fixOf }: Answer): Outcome {
  switch (verdict) {
    case 'busy':
    case 'busy-with-delay':
      return retry(reason, { afterMs, reconnect: false, overloaded: true });
    case 'late':
      return retry(reason, { afterMs, overloaded: true, timedOut: true });
    case 'gone':
      return retry(reason, { afterMs, reached: true });
    case 'auth':
    case 'path':
    case 'other':
      return held(reason, fixOf(verdict));
    case 'content':
      return { type: 'refused', reason, content: true };
    case 'refused':
      return { type: 'refused', reason, content: false };
    case 'too-large':
      return { type: 'too-large', reason };
    default:
      return verdict satisfies never;
  }
}

/** Seconds or a date, as milliseconds from now. */
function parseRetryAfter(value: string | undefined, wallClock: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - wallClock : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
