import { Worker } from 'node:worker_threads';
import type { Log, LogFormat } from '../../contract/log.js';
import { ORPHAN_LIMIT } from '../../contract/signs-of-life.js';
import type { Stall } from '../../contract/stall.js';
import { beat, createHeartbeat, type Heartbeat } from './heartbeat.js';
import { type LoopDelay, monitorLoopDelay } from './loop-delay.js';
import type { WatchOrders } from './watchdog-thread.js';

/** How often the main loop gives a sign of life within one hang timeout, and at least apart, in milliseconds. */
const BEATS = 20;
const SLOWEST_BEAT = 1_000;

export interface WatchdogOptions {
  readonly slot: number;
  /** In milliseconds; 0 does not watch for hangs, only for a blocked worker whose primary is gone. */
  readonly hangTimeoutMs: number;
  /** Without it no thread is started, and about 10 MB are saved; hangs must then be seen from outside. */
  readonly stack: boolean;
  readonly primaryPid: number;
  /** Descriptor of the pipe to the primary: `STALL_FD` when the primary opened it, else undefined. */
  readonly reportFd: number | undefined;
  readonly log: Log;
  readonly logFormat: LogFormat;
  /** Called when the thread is at work; never without `stack`. */
  readonly onWatching?: () => void;
  /** Called in the main thread when it runs again after a stall of at least 0.8 hang timeouts. */
  readonly onStall?: (stall: Stall) => void;
}

export interface Watchdog {
  /** How late the event loop was since this was asked last. */
  loopDelay(): LoopDelay;
  stop(): Promise<void>;
}

/**
 * Watches over this worker's main loop from a thread of its own. Call it once the worker is ready: the thread takes some
 * 30 ms of one core to start. It never keeps the process alive.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const delay = monitorLoopDelay();
  if (!options.stack) {
    return { loopDelay: delay.read, stop: async () => delay.stop() };
  }
  const limit = options.hangTimeoutMs || ORPHAN_LIMIT;
  const heartbeat = createHeartbeat();
  const timer = setInterval(() => beat(heartbeat, isDebugged()), Math.min(SLOWEST_BEAT, limit / BEATS)).unref();
  beat(heartbeat, isDebugged());
  const thread = startThread(options, heartbeat, limit);
  return {
    loopDelay: delay.read,
    stop: async () => {
      delay.stop();
      clearInterval(timer);
      await thread.terminate();
    },
  };
}

function startThread(options: WatchdogOptions, heartbeat: Heartbeat, limit: number): Worker {
  const { slot, primaryPid, reportFd, logFormat, hangTimeoutMs, log, onStall, onWatching } = options;
  const orders: WatchOrders = {
    heartbeat,
    slot,
    format: logFormat,
    primaryPid,
    reportFd,
    limit,
    orphansOnly: hangTimeoutMs === 0,
  };
  // Beside this file in dist/src as in the bundle.
  const thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
    workerData: orders,
    // No preload of the app, NODE_OPTIONS included, runs in this thread.
    execArgv: [],
    env: {},
    name: 'kf-cluster-watchdog',
    trackUnmanagedFds: false,
    // Enough for the list of all scripts of a large app, which the inspector sends before the stack.
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2, stackSizeMb: 2 },
  });
  thread.once('online', () => onWatching?.());
  thread.on('message', (stall: Stall) => onStall?.(stall));
  thread.on('error', (error) => log.warn('the hang watchdog has ended', { why: error.message }));
  thread.unref(); // last: a listener for its messages would hold the process again
  return thread;
}

/** Whether a debugger is attached or may attach at any moment. Not an import: a node without inspector has no such module. */
function isDebugged(): boolean {
  return process.getBuiltinModule('node:inspector')?.url() !== undefined;
}
