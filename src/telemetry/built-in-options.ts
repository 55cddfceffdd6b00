/**
 * The options of `telemetry()`. They stand alone: what a user's compiler reads of the package imports no package that is not
 * installed with it (build/types.mjs).
 */
export interface TelemetryOptions extends PipelineOptions, SignalOptions, HttpSettings {
  /** `auto`: nothing where a tracer provider is registered already. Default true. */
  readonly telemetry?: boolean | 'auto' | undefined;
  /** False: a provider, but no library is instrumented. Default true. */
  readonly autoInstrumentation?: boolean | undefined;
  /** Whose names, versions and dependencies count, nearest first. Default: see projectOf. */
  readonly projectDirs?: readonly string[] | undefined;
  /** Who makes the SERVER spans of node:http and node:https. Default `builtin`: the same spans at less cost. */
  readonly httpInstrumentation?: HttpMaker | undefined;
  /** Settings for single instrumentations, by short name (`http`, `undici`, `pg`). */
  readonly instrumentations?: InstrumentationSettings | undefined;
  /** Absolute directories outside of the app whose instrumentation packages are loaded too. */
  readonly instrumentationsFrom?: readonly string[] | undefined;
}

export interface PipelineOptions extends DeliveryOptions {
  /** `random` by default. */
  readonly idGenerator?: IdGeneratorName | undefined;
}

export interface DeliveryOptions {
  /** A file of OTLP headers, see readHeadersFile. */
  readonly headersFile?: string | undefined;
  /** Who speaks OTLP/gRPC; `builtin` by default. See docs/DELIVERY.md. */
  readonly otlpTransport?: 'builtin' | 'upstream' | undefined;
  /** When spans go to disk; `spool` by default. See docs/DELIVERY.md. */
  readonly delivery?: 'memory' | 'spool' | 'journal' | undefined;
  /** `batch` by default. */
  readonly journalPer?: 'batch' | 'span' | undefined;
  /** Whether the start of SERVER and root spans is noted on disk; false by default. */
  readonly journalStarts?: boolean | undefined;
  /** Absolute. Default: see defaultSpoolDir. */
  readonly spoolDir?: string | undefined;
  /** Bytes; 256 MiB by default. */
  readonly spoolMaxBytes?: number | undefined;
  /** Milliseconds; 24 hours by default. */
  readonly spoolMaxAgeMs?: number | undefined;
}

export interface SignalOptions {
  /** Ids of the active span in what console, pino and winston print. Default false. */
  readonly logCorrelation?: boolean | undefined;
  /** What console, pino and winston print becomes log records. Default false. */
  readonly captureLogs?: boolean | undefined;
}

/** What is set for HTTP as a whole. */
export interface HttpSettings {
  /** Regular expressions: a request to the server whose path and query one of them matches has no span. */
  readonly excludeUrls?: readonly string[] | undefined;
  /** Names of request headers that become attributes of SERVER spans. */
  readonly requestAttributes?: readonly string[] | undefined;
}

/** Settings for single instrumentations, by short name (`http`, `pg`); passed through as they are. */
export type InstrumentationSettings = Readonly<Record<string, object>>;

export type HttpMaker = 'builtin' | 'upstream';

export type IdGeneratorName = 'random' | 'xray';
