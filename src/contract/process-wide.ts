/** Where every 1.x copy of @opentelemetry/api keeps what was registered, in a table. */
export const API_GLOBAL = Symbol.for('opentelemetry.js.api.1');
/** Logs had an api of their own before 1.10. */
export const LOGS_GLOBAL = Symbol.for('io.opentelemetry.js.api.logs');
/** Of the package `signal-exit` from 4.0 on; its 3.x writes a property of `process`. */
export const SIGNAL_EXIT = Symbol.for('signal-exit emitter');
/** Of kf-cluster/register, whatever copy of it. */
export const ACQUIRED = Symbol.for('kf-cluster.register');

/** A provider as far as every version of the api has it. */
type AnyProvider = object & {
  getDelegate?(): AnyProvider;
  shutdown?(): Promise<void>;
};

/** What API_GLOBAL holds: the version it compares itself with, and an entry for each thing that is registered. */
export interface ApiTable {
  version: string;
  trace?: AnyProvider;
  metrics?: AnyProvider;
  logs?: unknown;
  propagation?: unknown;
  context?: {
    active(): { getValue(key: symbol): unknown };
    with<T>(active: object, run: () => T): T;
    disable?(): unknown;
  };
  [entry: string]: unknown;
}

interface SignalExit {
  readonly count?: number;
}

/** What the copies of a package share in one process: on the global object, by symbols that all of them can name. */
interface ProcessWide {
  [API_GLOBAL]?: ApiTable;
  [LOGS_GLOBAL]?: unknown;
  [ACQUIRED]?: true;
  readonly [SIGNAL_EXIT]?: SignalExit;
  readonly process?: NodeJS.Process & { readonly __signal_exit_emitter__?: SignalExit };
}

/** The global object, as far as others have put there what is read here. */
export const processWide: ProcessWide = globalThis;
