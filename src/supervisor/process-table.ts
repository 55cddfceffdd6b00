import type { Config } from '../config/types.js';
import { type KfError, toKfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import type { PrimaryMessage, WorkerMessage } from '../contract/messages.js';
import { renderStall, type Stall, type StallReport } from '../contract/stall.js';
import type { Software } from '../contract/status.js';
import type { Predecessor, WorkerExit } from '../contract/worker-exit.js';
import type { Effect } from '../core/types.js';
import { createForeignMessages } from './foreign-messages.js';
import { forkSpec } from './fork-spec.js';
import { createHangWatches } from './hang/watches.js';
import { createHeapShare } from './heap-share.js';
import type { Handle, LostPipe, Ports, WorkerHandle, WorkerListener } from './ports.js';
import type { PrimaryHookRunner } from './primary-hooks.js';
import { createStandbyWorker, type Place } from './standby-worker.js';
import { createOutputs, type OutputForm, type OutputSink, type OutputTap, type WorkerOutput } from './worker-output.js';

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
  /** A pipe to it is broken; its exit follows, or it lives on. */
  onPipeLost(id: number, pipe: LostPipe): void;
  /** `unstarted`: there never was a process, because the system refused it. */
  onExit(id: number, code: number | null, signal: string | null, unstarted: boolean): void;
}

/** The worker processes, by the number of their fork. */
export interface ProcessTable {
  /** What workers of that generation are started with. Of the others only `current` may still be forked. */
  useConfig(generation: number, config: Config, current: number): void;
  fork(spec: Extract<Effect, { type: 'fork' }>): void;
  /** Starts the process of the fork that comes next, as far as that can be done before its turn. */
  prepare(place: Place): void;
  /** That fork will not come. */
  discard(): void;
  retire(order: Extract<Effect, { type: 'retire' }>): void;
  kill(id: number): void;
  send(id: number, message: PrimaryMessage): void;
  sendHandle(id: number, message: PrimaryMessage, handle: Handle, onLost: () => void): void;
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

interface Hand {
  readonly slot: number;
  readonly startedAt: number;
  readonly output: WorkerOutput;
  handle?: WorkerHandle;
  ready?: boolean;
  software?: Software;
  ended?: boolean;
  stall?: Stall | undefined;
}

export function createProcessTable(parts: ProcessTableParts): ProcessTable {
  const hands = new Map<number, Hand>();
  const configs = new Map<number, Config>();
  const hangs = createHangWatches({
    ports: parts.ports,
    ask: (id) => hands.get(id)?.handle?.send({ type: 'ask-alive' }),
    onReport: (id, report) => stalled(id, report),
    onHung: parts.onHung,
  });
  const stalled = (id: number, report: StallReport) => {
    const hand = hands.get(id);
    if (!hand) return;
    hand.stall = report.type === 'recovered' ? undefined : report;
    if (report.type === 'stalled') logStall(parts, hand.slot, report);
    if (report.type === 'hung') parts.onHung(id);
  };
  const { sink, form, tap } = parts;
  const outputs = createOutputs({ sink, form, tap, timer: parts.ports.timer });
  /** How the last worker of each slot ended, if unplanned: its successor gets it. */
  const ends = new Map<number, Predecessor>();
  const standby = createStandbyWorker(parts.ports.fork, parts.log);
  let anyReady = false;
  let failedStderr = '';
  let refused: KfError | undefined;
  const foreignMessages = createForeignMessages(parts.log);
  const heap = createHeapShare(parts.log, parts.wanted);
  const { roll } = parts.ports;

  const end = (id: number, code: number | null, signal: string | null, unstarted = false) => {
    const hand = hands.get(id);
    if (!hand || hand.ended) return;
    hand.ended = true;
    hangs.forget(id);
    const failed = code !== 0 || !hand.ready;
    hand.output.end(failed);
    if (failed) failedStderr = hand.output.stderrTail() || failedStderr;
    parts.onExit(id, code, signal, unstarted);
  };

  const configOf = (generation: number) => {
    const config = configs.get(generation);
    if (!config) throw new Error(`no configuration for generation ${generation}`);
    return config;
  };

  const start = (hand: Hand, spec: Extract<Effect, { type: 'fork' }>, env: Record<string, string>) => {
    if (hand.ended) return;
    const config = configOf(spec.generation);
    const predecessor = ends.get(spec.slot);
    ends.delete(spec.slot);
    const listener: WorkerListener = {
      onMessage: (message, handle) => {
        if (message.type === 'ready') {
          anyReady = true;
          hand.ready = true;
          hand.output.ready();
          hangs.watch(spec.id, hand.handle?.pid ?? 0, config);
        }
        if (message.type === 'booting') {
          hand.software = { build: message.build, node: message.node, script: config.script };
        }
        if (message.type === 'alive') hangs.answered(spec.id, message.debugged);
        parts.onMessage({ id: spec.id, slot: spec.slot, pid: hand.handle?.pid ?? 0 }, message, handle);
      },
      onBadMessage: (what) => foreignMessages.drop(spec.slot, what),
      onForkFailed: (error) => fail(hand, spec.id, error),
      onExit: (code, signal) => end(spec.id, code, signal),
      onPipeLost: (pipe) => {
        if (pipe === 'channel') hangs.cannotAnswer(spec.id);
        parts.onPipeLost(spec.id, pipe);
      },
      onStderr: hand.output.stderr,
      onStdout: hand.output.stdout,
    };
    const fork = () => parts.ports.fork(forkSpec(config, spec, env, { roll, heap, predecessor }), listener);
    refused = undefined;
    hand.handle = standby.take(spec, listener) ?? fork();
  };

  const fail = (hand: Hand, id: number, error: unknown) => {
    const known = toKfError(error);
    const unstarted = known.code === 'FORK_FAILED';
    if (unstarted) refused = known;
    hand.output.stderr(Buffer.from(known.render()));
    // Not from inside the fork effect: its member must be on the roster before it can end.
    queueMicrotask(() => end(id, unstarted ? null : 1, null, unstarted));
  };

  /** A preFork hook is still at work, perhaps for ever: no process is waited for, and none is started later. */
  const cancel = (hand: Hand, id: number) => {
    if (!hand.handle) end(id, null, null);
  };

  return {
    useConfig: (generation, config, current) => {
      for (const other of configs.keys()) if (other !== current) configs.delete(other);
      configs.set(generation, config);
    },
    fork: (spec) => {
      const startedAt = parts.ports.now();
      const hand: Hand = { slot: spec.slot, startedAt, output: outputs.open(spec.slot, !anyReady) };
      hands.set(spec.id, hand);
      try {
        const env = parts.hooks.preFork({ slot: spec.slot, generation: spec.generation });
        if (!(env instanceof Promise)) return start(hand, spec, env);
        env.then((added) => start(hand, spec, added)).catch((error) => fail(hand, spec.id, error));
      } catch (error) {
        fail(hand, spec.id, error);
      }
    },
    prepare: (place) => {
      // The preFork hook runs at the fork, and a successor learns of its predecessor: neither is known earlier.
      if (parts.hooks.hasPreFork(place.generation) || ends.has(place.slot)) return;
      standby.start(place, forkSpec(configOf(place.generation), place, {}, { roll, heap }));
    },
    discard: standby.discard,
    retire: ({ id, reason, drain, flush, successors }) => {
      const hand = hands.get(id);
      if (!hand) return;
      cancel(hand, id);
      if (hand.handle && !hand.handle.reachable()) return hand.handle.kill('SIGTERM');
      hand.handle?.send({ type: 'stop', reason, drainMs: drain, flushMs: flush, move: successors.length > 0 });
    },
    kill: (id) => {
      const hand = hands.get(id);
      if (!hand) return;
      cancel(hand, id);
      hand.handle?.kill('SIGKILL');
    },
    signal: (id, signal) => {
      const handle = hands.get(id)?.handle;
      handle?.kill(signal);
      return handle !== undefined;
    },
    send: (id, message) => hands.get(id)?.handle?.send(message),
    sendHandle: (id, message, handle, onLost) => hands.get(id)?.handle?.sendHandle(message, handle, onLost),
    forget: (id) => void hands.delete(id),
    remember: (id, exit) => {
      const end = { ...exit, at: Date.now(), stall: hands.get(id)?.stall };
      ends.set(exit.slot, end);
      return end;
    },
    stall: (id) => hands.get(id)?.stall,
    pid: (id) => hands.get(id)?.handle?.pid || undefined,
    slot: (id) => hands.get(id)?.slot,
    software: (id) => hands.get(id)?.software,
    startedAt: (id) => hands.get(id)?.startedAt,
    stderrTail: (id) => hands.get(id)?.output.stderrTail() ?? '',
    failedStderr: () => failedStderr,
    faults: () => ({ refused, badMessages: foreignMessages.dropped() }),
  };
}

function logStall({ log, config }: Pick<ProcessTableParts, 'log' | 'config'>, slot: number, stall: Stall): void {
  const { ms, frames, why } = stall;
  if (config.logFormat === 'json')
    log.error(`worker ${slot} is blocked`, { slot, ms, frames: frames.join('\n'), ...(why && { why }) });
  else log.error(renderStall(slot, stall));
}
