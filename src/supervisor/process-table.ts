import type { Config } from '../config/types.js';
import type { KfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { PrimaryMessage, WorkerMessage } from '../contract/messages.js';
import { renderStall, type Stall, type StallReport } from '../contract/stall.js';
import type { Software } from '../contract/status.js';
import type { Predecessor, WorkerExit } from '../contract/worker-exit.js';
import type { Effect } from '../core/types.js';
import { createForeignMessages } from './foreign-messages.js';
import { forkSpec } from './fork-spec.js';
import { createHangWatches } from './hang/hang-watches.js';
import { createHeapShare } from './heap-share.js';
import type { Handle, LostPipe, Ports } from './ports.js';
import type { PrimaryHookRunner } from './primary-hooks.js';
import { createStandbyWorker, type Place } from './standby-worker.js';
import type { WorkerStall } from './supervisor-parts.js';
import { createOutputs, type OutputForm, type OutputSink, type OutputTap } from './worker-output.js';
import { type ForkEffect, type ProcessHost, WorkerProcess } from './worker-process.js';

export interface ProcessTableParts {
  readonly config: Config;
  readonly ports: Ports;
  readonly log: Log;
  readonly hooks: PrimaryHookRunner;
  readonly sink: OutputSink;
  readonly form: OutputForm;
  readonly tap?: OutputTap | undefined;
  /** Also after the exit: what a worker said last may come late. */
  onMessage(from: { id: number; slot: number; pid: number }, message: WorkerMessage, handle?: Handle): void;
  /** How many workers there are to be. */
  wanted(): number;
  onHung(id: number): void;
  onStall(stall: WorkerStall): void;
  /** A pipe to it is broken; its exit follows, or it lives on. */
  onPipeLost(id: number, pipe: LostPipe): void;
  /** `unstarted`: there never was a process, because the system refused it. */
  onExit(id: number, code: number | null, signal: string | null, unstarted: boolean): void;
}

/** The worker processes, by the number of their fork. */
export interface ProcessTable {
  /** What workers of that generation are started with. Of the others only `current` may still be forked. */
  useConfig(generation: number, config: Config, current: number): void;
  fork(spec: ForkEffect): void;
  /** Starts the process of the fork that comes next, as far as that can be done before its turn. */
  prepare(place: Place): void;
  /** That fork will not come. */
  discard(): void;
  retire(order: Extract<Effect, { type: 'retire' }>): void;
  kill(id: number): void;
  /** `onSent` is as that of `WorkerHandle`; false, too, when there is no such process. */
  send(id: number, message: PrimaryMessage, onSent?: (isSent: boolean) => void): void;
  /** @returns false: there is no such process, or it is not reachable and never will be */
  sendHandle(id: number, message: PrimaryMessage, handle: Handle, onLost: () => void): boolean;
  /** Its exit was reported: nobody asks for it any more. */
  forget(id: number): void;
  /** It ended unplanned: what is returned is passed to its successor. */
  remember(id: number, exit: WorkerExit): Predecessor;
  /** What blocks it now, if anything does. */
  stall(id: number): Stall | undefined;
  /** True when there is such a process. */
  signal(id: number, signal: NodeJS.Signals): boolean;
  pid(id: number): number | undefined;
  slot(id: number): number | undefined;
  /** What it runs; undefined until it has said so. */
  software(id: number): Software | undefined;
  /** It has not said a word yet: Node has not come to the first line of ours. */
  isSilent(id: number): boolean;
  /** When it was forked, on the ports' clock. */
  startedAt(id: number): number | undefined;
  /** The end of what it wrote to stderr. */
  stderrTail(id: number): string;
  /** The stderr tail of the worker that failed last. */
  failedStderr(): string;
  faults(): Faults;
}

/** What went wrong that is no worker's end. */
export interface Faults {
  /** Why the system refused to start the worker that was forked last; undefined when it did not. */
  readonly refused: KfError | undefined;
  /** How many messages of workers were dropped because they are none of ours. */
  readonly badMessages: number;
}

/** What the table keeps of processes beyond their end. */
interface Past {
  anyReady: boolean;
  failedStderr: string;
  refused: KfError | undefined;
  /** How the last worker of each slot ended, if unplanned: its successor gets it. */
  readonly ends: Map<number, Predecessor>;
}

export function createProcessTable(parts: ProcessTableParts): ProcessTable {
  const processes = new Map<number, WorkerProcess>();
  const configs = new Map<number, Config>();
  const past: Past = { anyReady: false, failedStderr: '', refused: undefined, ends: new Map() };
  const foreignMessages = createForeignMessages(parts.log);
  const host = hostOf(parts, past, { find: (id) => processes.get(id), onBadMessage: foreignMessages.drop });
  const outputs = createOutputs({ ...parts, timer: parts.ports.timer });
  const { prepare, discard, fork } = createForks(parts, past, configs);
  return {
    useConfig: (generation, config, current) => {
      for (const other of configs.keys()) if (other !== current) configs.delete(other);
      configs.set(generation, config);
    },
    fork: (spec) => {
      const output = outputs.open(spec.slot, !past.anyReady);
      const process = new WorkerProcess(spec, parts.ports.now(), output, host);
      processes.set(spec.id, process);
      fork(process, spec);
    },
    prepare,
    discard,
    retire: (order) => processes.get(order.id)?.retire(order),
    kill: (id) => processes.get(id)?.kill(),
    signal: (id, signal) => processes.get(id)?.signal(signal) ?? false,
    send: (id, message, onSent) => {
      const process = processes.get(id);
      if (process) process.send(message, onSent);
      else onSent?.(false);
    },
    sendHandle: (id, message, handle, onLost) => processes.get(id)?.sendHandle(message, handle, onLost) ?? false,
    forget: (id) => void processes.delete(id),
    remember: (id, exit) => {
      const end = { ...exit, at: Date.now(), stall: processes.get(id)?.stall };
      past.ends.set(exit.slot, end);
      return end;
    },
    stall: (id) => processes.get(id)?.stall,
    pid: (id) => processes.get(id)?.pid,
    slot: (id) => processes.get(id)?.slot,
    software: (id) => processes.get(id)?.software,
    isSilent: (id) => processes.has(id) && processes.get(id)?.software === undefined,
    startedAt: (id) => processes.get(id)?.startedAt,
    stderrTail: (id) => processes.get(id)?.output.stderrTail() ?? '',
    failedStderr: () => past.failedStderr,
    faults: () => ({ refused: past.refused, badMessages: foreignMessages.dropped() }),
  };
}

/** Hands on what processes say, and keeps what outlives them. */
function hostOf(
  parts: ProcessTableParts,
  past: Past,
  table: { find(id: number): WorkerProcess | undefined; onBadMessage: ProcessHost['onBadMessage'] },
): ProcessHost {
  const stalled = (id: number, report: StallReport) => {
    const process = table.find(id);
    if (!process) return;
    process.stall = report.type === 'recovered' ? undefined : report;
    if (report.type === 'stalled') logStall(parts, process.slot, report);
    const { slot, generation, pid } = process;
    if (pid !== undefined) parts.onStall({ slot, generation, pid, stall: report });
    if (report.type === 'hung') parts.onHung(id);
  };
  const ask = (id: number) => table.find(id)?.send({ type: 'ask-alive' });
  return {
    hangs: createHangWatches({ ports: parts.ports, ask, onReport: stalled, onHung: parts.onHung }),
    onReady: () => {
      past.anyReady = true;
    },
    onMessage: ({ id, slot, pid = 0 }, message, handle) => parts.onMessage({ id, slot, pid }, message, handle),
    onBadMessage: table.onBadMessage,
    onPipeLost: parts.onPipeLost,
    onRefused: (error) => {
      past.refused = error;
    },
    onEnd: ({ id, output }, { code, signal, unstarted, failed }) => {
      if (failed) past.failedStderr = output.stderrTail() || past.failedStderr;
      parts.onExit(id, code, signal, unstarted);
    },
  };
}

/** Starts processes: the hook that comes first, what each is started with, the one that was started ahead of its turn. */
function createForks({ hooks, ports, log, wanted }: ProcessTableParts, past: Past, configs: Map<number, Config>) {
  const standby = createStandbyWorker(ports.fork, log);
  const heap = createHeapShare(log, wanted);
  const { roll } = ports;
  const configOf = (generation: number) => {
    const config = configs.get(generation);
    if (!config) throw new Error(`no configuration for generation ${generation}`);
    return config;
  };
  const start = (process: WorkerProcess, spec: ForkEffect, env: Record<string, string>) => {
    if (process.ended) return;
    const config = configOf(spec.generation);
    process.start(config, (listener) => {
      const predecessor = past.ends.get(spec.slot);
      past.ends.delete(spec.slot);
      past.refused = undefined;
      const fresh = () => ports.fork(forkSpec(config, spec, env, { roll, heap, predecessor }), listener);
      return standby.take(spec, listener) ?? fresh();
    });
  };
  return {
    fork: (process: WorkerProcess, spec: ForkEffect) => {
      try {
        const env = hooks.preFork({ slot: spec.slot, generation: spec.generation });
        if (!(env instanceof Promise)) return start(process, spec, env);
        env.then((added) => start(process, spec, added)).catch((error) => process.fail(error));
      } catch (error) {
        process.fail(error);
      }
    },
    prepare: (place: Place) => {
      // The preFork hook runs at the fork, and a successor learns of its predecessor: neither is known earlier.
      if (hooks.hasPreFork(place.generation) || past.ends.has(place.slot)) return;
      standby.start(place, forkSpec(configOf(place.generation), place, {}, { roll, heap }));
    },
    discard: standby.discard,
  };
}

function logStall({ log, config }: Pick<ProcessTableParts, 'log' | 'config'>, slot: number, stall: Stall): void {
  const { ms, frames, why } = stall;
  if (config.logFormat === 'json')
    eventLog(log, 'worker-blocked').error(`worker ${slot} is blocked`, {
      slot,
      ms,
      frames: frames.join('\n'),
      ...(why && { why }),
    });
  else log.error(renderStall(slot, stall));
}
