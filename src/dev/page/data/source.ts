import type { ImportResult, LogList, StreamMessage, Topic, TraceDetail, TraceList } from './contract.js';

/** Where the page has its data from: the helper process, or the session inside an exported file. */
export interface Source {
  /** Whether it grows: an exported session does not. */
  readonly live: boolean;
  /** One topic at a time; ends when `signal` aborts, or rejects with a SourceError. */
  follow(request: Follow, onMessage: (message: StreamMessage) => void, signal: AbortSignal): Promise<void>;
  traces(filter: string, before?: string): Promise<TraceList>;
  logs(filter: string, before?: string): Promise<LogList>;
  /** Undefined when the trace is not held. @param onFrame gets it before its attributes are there */
  trace(traceId: string, onFrame: (trace: TraceDetail) => void): Promise<TraceDetail | undefined>;
  exportAs(format: 'otlp' | 'html'): Promise<Blob>;
  importFrom(file: Blob): Promise<ImportResult>;
}

export interface Follow {
  readonly topic: Topic;
  readonly filter: string;
}

/** `refused`: the token is not that of this run. `away`: nobody answers. `failed`: the answer is an error. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly kind: 'refused' | 'away' | 'failed';
  constructor(kind: SourceError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
