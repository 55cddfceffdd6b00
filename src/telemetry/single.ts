import { randomUUID } from 'node:crypto';
import { basename, extname } from 'node:path';
import { telemetry } from '../../hooks/telemetry.js';
import type { Worker } from '../../hooks/types.js';
import { readTelemetryOptions } from '../config/telemetry-options.js';
import { unknownVariables } from '../config/unknown-variables.js';
import { toKfError } from '../contract/errors.js';
import type { StopReason } from '../contract/exit-reasons.js';
import { droppedOf } from '../contract/item-account.js';
import { createLog, LOG_LEVELS, type Log, type LogLevel } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { messageOf } from '../contract/system-error.js';
import { observe } from '../worker/node-internals/emitters.js';
import { takeSignal } from '../worker/node-internals/take-signal.js';
import { readAppPackage } from './app-package.js';
import { openSingleDoor } from './single-hooks.js';

/** How long an app may register a provider of its own, in milliseconds: nothing says when it is ready. */
const WATCHED_MS = 10_000;

/** The telemetry of a process of its own. */
export interface Single {
  /** Sends what has ended so far; what cannot be sent within 5 s goes to the spool. May be called again. */
  flush(): Promise<void>;
}

/** Runs the built-in hooks around this process. A bad setting ends the process, as it would end a worker's boot. */
export async function startSingle(script: string): Promise<void> {
  try {
    await openSingle(script);
  } catch (error) {
    const failure = toKfError(error);
    process.stderr.write(failure.render());
    process.exit(failure.exitCode);
  }
}

/** The same for code of this process. Throws KfError OTEL_INVALID, HEADERS_FILE and CONFIG_INVALID. */
export async function openSingle(script: string): Promise<Single> {
  const log = createLog({
    format: process.env.KF_CLUSTER_LOG_FORMAT === 'json' ? 'json' : 'pretty',
    level: levelOf(process.env.KF_CLUSTER_LOG_LEVEL),
    sink: (line) => process.stderr.write(line),
    label: 'kf-cluster',
  });
  let registered: Registered | undefined;
  const worker = singleWorker(script, log, (...given) => {
    registered = given;
  });
  for (const note of unknownVariables(process.env)) log.warn(note);
  const options = readTelemetryOptions(process.env, process.cwd());
  const hooks = options.telemetry === false ? {} : telemetry(options);
  await hooks.postFork?.(worker);
  if (registered) await join(registered, { script, log, yields: options.telemetry === 'auto' });
  hooks.onWorkerReady?.(worker);
  await hooks.onRecover?.(worker, { ends: [], running: [] });
  const end = openSingleDoor(hooks, worker);
  flushAtEnd(end);
  return {
    flush: async () => {
      const context = { reason: 'app-exit', deadline: performance.now() + 5_000, goesOn: true } as const;
      await hooks.preShutdown?.(worker, context);
    },
  };
}

type Registered = Parameters<Worker['register']>;

async function join(
  [provider, others = {}]: Registered,
  { script, log, yields }: { readonly script: string; readonly log: Log; readonly yields: boolean },
): Promise<void> {
  const { joinProvider, verifyJoined } = await import('#bundle/telemetry');
  const app = { script, projectDir: readAppPackage(script).dir };
  const say = ({ problems }: { readonly problems: readonly string[] }) => {
    for (const problem of problems) log.error(problem);
  };
  say(await joinProvider(provider, { ...app, others, log, yields, atOnce: true }));
  // A rejection that nobody takes would end the app.
  const failed = (error: unknown) => log.warn('the copies of the API cannot be looked at', { why: messageOf(error) });
  setTimeout(() => void verifyJoined(app).then(say, failed), WATCHED_MS).unref();
}

function singleWorker(script: string, log: Log, register: Worker['register']): Worker {
  let said: number | undefined;
  return {
    slot: 0,
    generation: 1,
    pid: process.pid,
    instanceId: randomUUID(),
    name: readAppPackage(script).name ?? basename(script, extname(script)),
    script,
    predecessor: undefined,
    reason: undefined,
    log,
    register,
    exposeMetrics: () => log.warn('nobody can scrape this process', { fix: 'kf-cluster start --admin-port 9090' }),
    exposeInstrumentations: () => undefined,
    exposeSpans: () => undefined,
    report: (spans) => {
      if (typeof spans === 'function' || spans.ended === said) return;
      const { ended, exported, rejected, spooled } = spans;
      said = ended;
      const flushed = { ended, exported, rejected, spooled, dropped: droppedOf(spans) };
      eventLog(log, 'flushed').info('flushed', flushed);
    },
  };
}

/** Signals end the process as they would have without us; a handler of the app's own keeps the say in the exit. */
function flushAtEnd(flush: (reason: StopReason) => Promise<void>): void {
  let flushing: Promise<void> | undefined;
  const once = (reason: StopReason) => {
    flushing ??= flush(reason);
    return flushing;
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const letGo = takeSignal(signal, () => {
      void once('signal').then(() => {
        letGo();
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      });
    });
  }
  // Emitted again after work it caused: the second time there is nothing left to flush.
  observe(process, 'beforeExit', () => {
    if (!flushing) void once('app-exit');
  });
}

function levelOf(given: string | undefined): LogLevel {
  return LOG_LEVELS.find((level) => level === given) ?? 'info';
}
