import type { IncomingHttpHeaders } from 'node:http';

/** A request that is over, as its line says it. */
export interface Served {
  readonly method: string;
  /** As it came, with its query. */
  readonly url: string;
  /** `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string;
  readonly headers: IncomingHttpHeaders;
  /** Whoever sent it, or the client that a trusted proxy names. */
  readonly client: string;
  /** When it came, in milliseconds of the epoch. */
  readonly at: number;
  /** Until its answer was written, or its client was gone. */
  readonly milliseconds: number;
  readonly status: number;
  /** Of the answer, without its headers. */
  readonly bytes: number;
  /** The client went before the answer was written. */
  readonly aborted: boolean;
  readonly trace: Trace | undefined;
  responseHeader(name: string): string | undefined;
}

/** The span under which it was served. */
export interface Trace {
  readonly traceId: string;
  readonly spanId: string;
}

/** What nginx writes of a request whose client went before there was an answer. */
export const CLIENT_GONE = 499;
