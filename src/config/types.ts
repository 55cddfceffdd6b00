import type { Hooks } from '../../hooks/types.js';
import type { HeapPlan, MemoryLimit } from './heap.js';
import type { OptionFields } from './options.js';

/**
 * What the supervisor runs on: resolved, validated, absolute, in milliseconds. Pure data, but for `inlineHooks`. The rows of
 * the options table with a field are in it as they are; the rest is written here.
 */
export interface Config extends OptionFields {
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
  /** Whether Node loads the app as CommonJS, unless a preload of ours prevents it. */
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
  /** Whether our own log lines are coloured. */
  readonly color: boolean;
  /** Absolute; where undelivered spans wait. */
  readonly spoolDir: string;
}
