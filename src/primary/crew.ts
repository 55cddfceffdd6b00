import type { Config } from '../config/types.js';
import type { Effect } from '../core/types.js';
import { toKfError } from '../errors.js';
import type { PrimaryMessage, WorkerMessage } from '../ipc/messages.js';
import type { Log } from '../log.js';
import { forkSpec } from './fork-spec.js';
import type { PrimaryHookRunner } from './hooks.js';
import { createOutputs, type OutputSink, type OutputTap, type WorkerOutput } from './output.js';
import type { Ports, WorkerHandle } from './ports.js';

export interface CrewParts {
  readonly ports: Ports;
  readonly log: Log;
  readonly hooks: PrimaryHookRunner;
  readonly sink: OutputSink;
  readonly prefix: ((slot: number) => string) | undefined;
  readonly tap?: OutputTap | undefined;
  onMessage(id: number, message: WorkerMessage): void;
  onExit(id: number, code: number | null, signal: string | null): void;
}

/** The worker processes, by the number of their fork. */
export interface Crew {
  /** What workers of that generation are started with. */
  useConfig(generation: number, config: Config): void;
  configOf(generation: number): Config | undefined;
  /** Forgets what no worker will be forked from any more. */
  dropConfigs(unless: (generation: number) => boolean): void;
  fork(spec: Extract<Effect, { type: 'fork' }>): void;
  retire(order: Extract<Effect, { type: 'retire' }>): void;
  kill(id: number): void;
  /** True when there is such a process. */
  signal(id: number, signal: NodeJS.Signals): boolean;
  send(id: number, message: PrimaryMessage): void;
  pid(id: number): number | undefined;
  slot(id: number): number | undefined;
  /** When it was forked, on the ports' clock. */
  startedAt(id: number): number | undefined;
  /** The stderr tail of the worker that failed last. */
  lastWords(): string;
}

interface Hand {
  readonly slot: number;
  readonly startedAt: number;
  readonly output: WorkerOutput;
  handle?: WorkerHandle;
  ready?: boolean;
  /** Told to go before its process was there: a preFork hook was still at work. */
  cancelled?: boolean;
}

export function createCrew(parts: CrewParts): Crew {
  const hands = new Map<number, Hand>();
  const configs = new Map<number, Config>();
  const outputs = createOutputs({
    sink: parts.sink,
    prefix: parts.prefix,
    timer: parts.ports.timer,
    tap: parts.tap,
  });
  let anyReady = false;
  let words = '';

  const end = (id: number, code: number | null, signal: string | null) => {
    const hand = hands.get(id);
    if (!hand) return;
    const failed = code !== 0 || !hand.ready;
    hand.output.end(failed);
    if (failed) words = hand.output.lastWords() || words;
    parts.onExit(id, code, signal);
    hands.delete(id); // after the exit was told: the log line wants its pid
  };

  const start = (hand: Hand, spec: Extract<Effect, { type: 'fork' }>, env: Record<string, string>) => {
    if (hand.cancelled) return end(spec.id, null, null);
    const config = configs.get(spec.generation);
    if (!config) throw new Error(`no configuration for generation ${spec.generation}`);
    hand.handle = parts.ports.fork(forkSpec(config, spec, env, parts.ports.roll), {
      onMessage: (message) => {
        if (message.type === 'ready') {
          anyReady = true;
          hand.ready = true;
          hand.output.ready();
        }
        parts.onMessage(spec.id, message);
      },
      onExit: (code, signal) => end(spec.id, code, signal),
      onStderr: hand.output.stderr,
      onStdout: hand.output.stdout,
    });
  };

  const fail = (hand: Hand, id: number, error: unknown) => {
    hand.output.stderr(Buffer.from(toKfError(error).render()));
    // Not from inside the fork effect: its member must be on the roster before it can end.
    queueMicrotask(() => end(id, 1, null));
  };

  return {
    useConfig: (generation, config) => void configs.set(generation, config),
    configOf: (generation) => configs.get(generation),
    dropConfigs: (unless) => {
      for (const generation of configs.keys()) if (!unless(generation)) configs.delete(generation);
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
    retire: ({ id, reason, drain, flush }) => {
      const hand = hands.get(id);
      if (!hand) return;
      if (!hand.handle) hand.cancelled = true;
      hand.handle?.send({ type: 'stop', reason, drainMs: drain, flushMs: flush });
    },
    kill: (id) => {
      const hand = hands.get(id);
      if (hand && !hand.handle) hand.cancelled = true;
      hand?.handle?.kill('SIGKILL');
    },
    signal: (id, signal) => {
      const handle = hands.get(id)?.handle;
      handle?.kill(signal);
      return handle !== undefined;
    },
    send: (id, message) => hands.get(id)?.handle?.send(message),
    pid: (id) => hands.get(id)?.handle?.pid,
    slot: (id) => hands.get(id)?.slot,
    startedAt: (id) => hands.get(id)?.startedAt,
    lastWords: () => words,
  };
}
