import type { Hooks } from '../../hooks/types.js';
import type { LogFormat, LogLevel } from '../log.js';
import type { HeapPlan, MemoryLimit } from './heap.js';

/** How workers share a listening port. */
export type Scheduling = 'shared' | 'rr' | 'reuseport';

/** What the supervisor runs on: resolved, validated, absolute, in milliseconds. Pure data, but for `inlineHooks`. */
export interface Config {
  readonly name: string;
  /** Absolute path of the app. */
  readonly script: string;
  /** Absolute: the project's directory, and that of the workspace that it is a member of. */
  readonly projectDirs: readonly string[];
  readonly args: readonly string[];
  readonly cwd: string;
  readonly workers: number;
  /** Why `workers` has that value, when it was computed (`auto`, `max`, WEB_CONCURRENCY); for the log. */
  readonly workersWhy: string | undefined;
  readonly nodeArgs: readonly string[];
  /** Whether the app is CommonJS and modules that `nodeArgs` preload by `--require` are to load it. */
  readonly byRequire: boolean;
  /** What bounds the heap of each worker; stands in front of `nodeArgs`. */
  readonly heap: HeapPlan;
  /** Of the cgroup; undefined where there is none. */
  readonly memoryLimit: MemoryLimit | undefined;
  /** Added to the primary's environment for every worker: env file, `env` of the config file, telemetry flags. */
  readonly env: Readonly<Record<string, string>>;
  /** Files whose exports are hooks: the config file itself if it exports any, then each `--hooks`. Absolute. */
  readonly hookFiles: readonly string[];
  /** Hooks given in code to `cluster.setup()`; only the primary side of them runs here. */
  readonly inlineHooks: Hooks;
  /**
   * `listening`: the first server that listens. `message`: the app sends `process.send('ready')`. `started`: at once.
   * `auto`: as `listening`, but where nobody has listened yet a process without any server is ready at the boot timeout.
   */
  readonly ready: 'auto' | 'listening' | 'message' | 'started';
  readonly bootTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly flushTimeoutMs: number;
  /** How long an idle connection may wait for one more request when no worker follows. */
  readonly idleTimeoutMs: number;
  /** Whether open connections move to the worker that follows. */
  readonly moveConnections: boolean;
  /** When the app's own signal handlers run. */
  readonly appSignal: 'after-drain' | 'at-once';
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  /** A worker that lived this long resets its slot's backoff. */
  readonly minUptimeMs: number;
  readonly maxRestarts: number;
  readonly restartWindowMs: number;
  /** Which workers that ended by themselves are restarted. */
  readonly restart: 'always' | 'on-failure' | 'never';
  /** A worker that ends with one of these is done. */
  readonly stopExitCodes: readonly number[];
  /** Changes of files reload. */
  readonly watch: boolean;
  /** Absolute files and directories; `cwd` when there are none. */
  readonly watchPaths: readonly string[] | undefined;
  /** Patterns beside the default ones. */
  readonly watchIgnore: readonly string[] | undefined;
  /** From the last change to the reload. */
  readonly watchDelayMs: number;
  /** The app is told of its stop by the process message `shutdown`. */
  readonly shutdownMessage: boolean;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
  /** Whether our own log lines are coloured. */
  readonly color: boolean;
  /** False: no built-in telemetry at all. */
  readonly telemetry: boolean;
  /** False: the built-in provider is set up, but no library is instrumented. */
  readonly autoInstrumentation: boolean;
  /** A file of OTLP headers; read by each worker, so that no key stands in an environment or an argv. */
  readonly headersFile: string | undefined;
  /** Whether the ids of the active span go into what console, pino and winston print. */
  readonly logCorrelation: boolean;
  /** Whether what they print becomes log records. */
  readonly captureLogs: boolean;
  readonly scheduling: Scheduling;
  /** When spans go to disk. */
  readonly delivery: 'memory' | 'spool' | 'journal';
  readonly journalPer: 'batch' | 'span';
  /** Whether the start of SERVER and root spans is noted on disk, to show what died with its worker. */
  readonly journalStarts: boolean;
  /** Absolute; where undelivered spans wait. */
  readonly spoolDir: string;
  readonly spoolMaxBytes: number;
  readonly spoolMaxAgeMs: number;
  /** How long the first new worker of a reload must stay ready before an old one is drained. */
  readonly canaryTimeMs: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** HTTP requests a worker serves before it is recycled; 0 is no limit. */
  readonly maxRequests: number;
  /** The share, 0..1, that a worker may take off its limit, so that workers of one age do not leave together. */
  readonly maxRequestsJitter: number;
  /** 0 is no limit. */
  readonly maxLifetimeMs: number;
  readonly maxLifetimeJitter: number;
  /** Resident bytes of one worker. */
  readonly maxMemory: number | undefined;
  readonly cronRestart: string | undefined;
  /** Between SIGTERM and the drain; `/readyz` says 503 meanwhile. */
  readonly drainDelayMs: number;
  readonly logFile: string | undefined;
  /** Where lines carry the time: `auto` is in log files. */
  readonly logTime: 'auto' | 'always' | 'never';
  /** Bytes at which the log file is rotated. */
  readonly logMaxSize: number;
  readonly control: boolean;
  readonly pidfile: string | undefined;
  readonly daemon: boolean;
  readonly adminPort: number | undefined;
  readonly adminHost: string;
  /** A worker whose event loop stands still that long is replaced; 0 never. */
  readonly hangTimeoutMs: number;
  /** Whether the stack of a blocked worker is read; costs it a thread. */
  readonly hangStack: boolean;
}
