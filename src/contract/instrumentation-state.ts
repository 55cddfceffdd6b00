/** What an instrumentation has done with a module that it knows. */
export type ModuleState =
  | 'patched'
  /** The app has not loaded it: not used, or bundled into a file of the app. */
  | 'not-loaded'
  /** It was there before its instrumentation. */
  | 'loaded-before'
  /** The instrumentation does not know this version. */
  | 'version'
  /** Its instrumentation threw when it was to patch it. */
  | 'failed'
  /** It was loaded by import, where no hook for ES modules is registered. */
  | 'unseen';

/** One instrumentation of a worker. */
export interface InstrumentationState {
  /** As OTEL_NODE_DISABLED_INSTRUMENTATIONS calls it: `http`, `pg`. */
  readonly name: string;
  readonly package: string;
  /** `patched` if any of its modules is, or if it needs to patch none. */
  readonly state: ModuleState;
  /** Why it patched nothing. */
  readonly why?: string;
  readonly modules: readonly {
    readonly name: string;
    readonly state: ModuleState;
    readonly version?: string;
    readonly why?: string;
  }[];
}
