/** A request, as its line says it. Begun when it begins; the rest is filled in at its end. */
export interface Served extends HeaderSource {
  readonly method: string;
  /** As it came, with its query. */
  readonly url: string;
  /** `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string;
  /** Whoever sent it, or the client that a trusted proxy names. */
  readonly client: string;
  /** When it began, in milliseconds of `Date.now()`; up to 100 ms early where a line says the second alone. */
  readonly at: number;
  /** Where the line names it. */
  readonly trace: Trace | undefined;
  /** Until its answer was written, or its client was gone, in milliseconds; 0 where the line does not say it. */
  readonly took: number;
  readonly status: number;
  /** Of the answer, without its headers. */
  readonly bytes: number;
  /** The client went before the answer was written. */
  readonly aborted: boolean;
  /** Its line is made. */
  release?(): void;
}

/** Those of a request that is not over yet, or not begun. */
export class ServedFields implements Omit<Served, keyof HeaderSource | 'release'> {
  method = '';
  url = '';
  protocol = '';
  client = '';
  at = 0;
  trace: Trace | undefined = undefined;
  took = 0;
  status = 0;
  bytes = 0;
  aborted = false;
}

/** Headers by their place in `Needs`, looked up only where a format names them. */
interface HeaderSource {
  requestHeader(at: number): string | undefined;
  responseHeader(at: number): string | undefined;
}

/** What a line says that costs a request something to find out: it is found out only then. */
export interface Needs {
  readonly trace: boolean;
  /** How long it took. */
  readonly duration: boolean;
  /** The millisecond at which it began. */
  readonly exactTime: boolean;
  /** Of the request and of its answer, in lower case. */
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
}

/** The span under which it was served. */
export interface Trace {
  readonly traceId: string;
  readonly spanId: string;
}

/** What nginx writes of a request whose client went before there was an answer. */
export const CLIENT_GONE = 499;
