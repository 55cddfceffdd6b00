import type { LintRow } from './page-api.js';
import type { Counts } from './span-counts.js';
import type { SupervisorEvent } from './supervisor-events.js';

/** What the receiver process is started with, as JSON in its first argument. */
export interface HelperOptions {
  /** Undefined: no page. */
  readonly page?: {
    readonly port?: number;
    readonly app: string;
    readonly version: string;
    readonly listenOnly: boolean;
  };
  /** The sockets that listen already, which it has inherited. Undefined: it opens the ports itself. */
  readonly sockets?: { readonly grpc: number; readonly http: number };
  /** Where the session is written at the end: OTLP JSON, or one HTML file where it ends so. */
  readonly record?: string;
}

/** Receiver process to primary. */
export type HelperMessage =
  | { readonly type: 'listening'; readonly grpcUrl: string; readonly httpUrl: string; readonly pageUrl?: string }
  | {
      readonly type: 'summary';
      readonly counts: Counts;
      /** What is wrong with the spans, worst first. */
      readonly lints: readonly LintRow[];
      readonly problem?: string;
    };

/** Primary to receiver process. */
export type HelperRequest =
  /** Finish the open traces, write the session where one is to be recorded, answer with the summary, exit. */
  | { readonly type: 'finish'; readonly record: boolean }
  | { readonly type: 'supervisor'; readonly event: SupervisorEvent };
