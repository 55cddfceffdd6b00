import type { Config } from '../config/types.js';
import { type KfError, toKfError } from '../contract/errors.js';
import type { PrimaryMessage, WorkerMessage } from '../contract/messages.js';
import { shownProgram } from '../contract/program-words.js';
import type { Stall } from '../contract/stall.js';
import type { Software } from '../contract/status.js';
import type { Effect } from '../core/types.js';
import type { HangWatches } from './hang/hang-watches.js';
import type { Handle, LostPipe, WorkerHandle, WorkerListener } from './ports.js';
import type { WorkerOutput } from './worker-output.js';

export type ForkEffect = Extract<Effect, { type: 'fork' }>;

/** What hears of all that becomes of a worker process. */
export interface ProcessHost {
  readonly hangs: HangWatches;
  onReady(): void;
  /** Also after the exit: what a worker said last may come late. */
  onMessage(process: WorkerProcess, message: WorkerMessage, handle: Handle | undefined): void;
  onBadMessage(slot: number, what: string): void;
  onPipeLost(id: number, pipe: LostPipe): void;
  /** The system refused to start it. */
  onRefused(error: KfError): void;
  /** Once. `failed`: not with code 0, or before it was ready. */
  onEnd(
    process: WorkerProcess,
    end: { code: number | null; signal: string | null; unstarted: boolean; failed: boolean },
  ): void;
}

/** One worker from the decision to fork it to its end. It has no process while a preFork hook is at work. */
export class WorkerProcess {
  readonly id: number;
  readonly slot: number;
  readonly generation: number;
  /** On the ports' clock. */
  readonly startedAt: number;
  readonly output: WorkerOutput;
  /** What blocks it now. */
  stall: Stall | undefined;
  /** What it runs, once it has said so. */
  software: Software | undefined;
  readonly #host: ProcessHost;
  #handle: WorkerHandle | undefined;
  #ready = false;
  #ended = false;

  constructor({ id, slot, generation }: ForkEffect, startedAt: number, output: WorkerOutput, host: ProcessHost) {
    this.id = id;
    this.slot = slot;
    this.generation = generation;
    this.startedAt = startedAt;
    this.output = output;
    this.#host = host;
  }

  get pid(): number | undefined {
    return this.#handle?.pid || undefined;
  }

  /** It may have been cancelled before there was a process. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Throws what `launch` throws. */
  start(config: Config, launch: (listener: WorkerListener) => WorkerHandle): void {
    this.#handle = launch(this.#listener(config));
  }

  /** It could not be started, now or a moment ago. */
  fail(error: unknown): void {
    const known = toKfError(error);
    const unstarted = known.code === 'FORK_FAILED';
    if (unstarted) this.#host.onRefused(known);
    this.output.stderr(Buffer.from(known.render()));
    // Not from inside the fork effect: its member must be on the roster before it can end.
    queueMicrotask(() => this.#end(unstarted ? null : 1, null, unstarted));
  }

  retire({ reason, drain, flush, successors }: Extract<Effect, { type: 'retire' }>): void {
    this.#cancel();
    if (this.#handle && !this.#handle.reachable()) return this.#handle.kill('SIGTERM');
    this.send({ type: 'stop', reason, drainMs: drain, flushMs: flush, move: successors.length > 0 });
  }

  kill(): void {
    this.#cancel();
    this.signal('SIGKILL');
  }

  /** @returns whether there is a process */
  signal(signal: NodeJS.Signals): boolean {
    this.#handle?.kill(signal);
    return this.#handle !== undefined;
  }

  send(message: PrimaryMessage, onSent?: (isSent: boolean) => void): void {
    if (this.#handle) this.#handle.send(message, onSent);
    else onSent?.(false);
  }

  sendHandle(message: PrimaryMessage, handle: Handle, onLost: () => void): boolean {
    return this.#handle?.sendHandle(message, handle, onLost) ?? false;
  }

  #listener(config: Config): WorkerListener {
    const host = this.#host;
    return {
      onMessage: (message, handle) => {
        this.#note(message, config);
        host.onMessage(this, message, handle);
      },
      onBadMessage: (what) => host.onBadMessage(this.slot, what),
      onForkFailed: (error) => this.fail(error),
      onExit: (code, signal) => this.#end(code, signal),
      onPipeLost: (pipe) => {
        if (pipe === 'channel') host.hangs.cannotAnswer(this.id);
        host.onPipeLost(this.id, pipe);
      },
      onStderr: this.output.stderr,
      onStdout: this.output.stdout,
    };
  }

  #note(message: WorkerMessage, config: Config): void {
    if (message.type === 'ready') {
      this.#ready = true;
      this.#host.onReady();
      this.output.ready();
      this.#host.hangs.watch(this.id, this.pid ?? 0, config);
    }
    if (message.type === 'booting') {
      const { script, interpreter } = shownProgram(config);
      this.software = { build: message.build, node: message.node, script, interpreter };
    }
    if (message.type === 'alive') this.#host.hangs.answered(this.id, message.debugged);
  }

  /** A preFork hook is still at work, perhaps for ever: no process is waited for, and none is started later. */
  #cancel(): void {
    if (!this.#handle) this.#end(null, null);
  }

  #end(code: number | null, signal: string | null, unstarted = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#host.hangs.forget(this.id);
    const failed = code !== 0 || !this.#ready;
    this.output.end(failed);
    this.#host.onEnd(this, { code, signal, unstarted, failed });
  }
}
