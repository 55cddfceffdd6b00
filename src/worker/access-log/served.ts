/** A request, as its line says it. Made when it begins; the rest is filled in at its end. */
export interface Served {
  readonly method: string;
  /** As it came, with its query. */
  readonly url: string;
  /** `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string;
  /** Whoever sent it, or the client that a trusted proxy names. */
  readonly client: string;
  /** On the clock of `performance.now()`. */
  readonly began: number;
  readonly trace: Trace | undefined;
  readonly source: HeaderSource;
  /** Until its answer was written, or its client was gone, in milliseconds. */
  took: number;
  status: number;
  /** Of the answer, without its headers. */
  bytes: number;
  /** The client went before the answer was written. */
  aborted: boolean;
}

/** Headers by their names in lower case, looked up only where a format names them. */
export interface HeaderSource {
  requestHeader(name: string): string | undefined;
  responseHeader(name: string): string | undefined;
}

/** The span under which it was served. */
export interface Trace {
  readonly traceId: string;
  readonly spanId: string;
}

/** What nginx writes of a request whose client went before there was an answer. */
export const CLIENT_GONE = 499;
