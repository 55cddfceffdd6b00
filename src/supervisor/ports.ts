import type { WorkerBoot } from '../config/boot-messages.js';
import type { KfError } from '../contract/errors.js';
import type { PrimaryMessage, WorkerMessage } from '../contract/messages.js';
import type { SignOfLife } from '../contract/signs-of-life.js';
import type { BlockedStack } from './hang/blocked-stack.js';
import type { OutOfMemory } from './out-of-memory.js';

/** What a worker process is started with. */
export interface ForkSpec {
  readonly script: string;
  readonly args: readonly string[];
  readonly nodeArgs: readonly string[];
  /** Whether anything must be awaited before the app: hooks, the built-in telemetry among them, the access log. */
  readonly hooks: boolean;
  /** Whether Node loads the app as CommonJS, unless a preload of ours prevents it. */
  readonly byRequire: boolean;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly boot: WorkerBoot;
  /** It loads what it can, and waits for `letGo` in front of the first hook. */
  readonly held?: boolean;
}

/** What connects a worker with its primary: messages, stdout and stderr. */
export type LostPipe = 'channel' | 'output';

/** What a worker process does, as the primary sees it. `exit` comes last and exactly once, if it was started. */
export interface WorkerListener {
  /** `handle` is the descriptor that came with it: the callback has to close it. */
  onMessage(message: WorkerMessage, handle?: Handle): void;
  /** A message in our envelope that is none of ours; of what type it said it was. */
  onBadMessage(what: string): void;
  /** The system has refused to start it: there is no process, and nothing else comes. */
  onForkFailed(error: KfError): void;
  onExit(code: number | null, signal: string | null): void;
  /** A pipe to it has closed, or cannot be read. It may be about to exit, or live on. */
  onPipeLost(pipe: LostPipe): void;
  onStderr(chunk: Buffer): void;
  onStdout(chunk: Buffer): void;
}

/** An open connection in the hands of the primary, which never reads from it. */
export interface Handle {
  close(): void;
}

export interface WorkerHandle {
  readonly pid: number;
  /** False: its channel has closed, and what is sent is dropped. */
  reachable(): boolean;
  /** @param onSent called with true when the kernel has it: the worker reads it even if its channel breaks then */
  send(message: PrimaryMessage, onSent?: (isSent: boolean) => void): void;
  /**
   * The same with a descriptor, which stays the caller's to close. `onLost`: one that was sent has not arrived.
   *
   * @returns false: it is not reachable, and never will be
   */
  sendHandle(message: PrimaryMessage, handle: Handle, onLost: () => void): boolean;
  /** Once, to one that is held. */
  letGo(): void;
  kill(signal: NodeJS.Signals): void;
}

/** The operating system, as one record of functions: a real one in node-ports.ts, a scripted one in tests. */
export interface Ports {
  /** Monotonic, milliseconds. */
  now(): number;
  /** Uniform in [0, 1). */
  roll(): number;
  /** Starts a worker process. Throws when the system refuses. */
  fork(spec: ForkSpec, listener: WorkerListener): WorkerHandle;
  /** Closes what the primary holds of the workers' listening sockets; they accept on. For good: nothing is forked later. */
  letGoOfPorts(): void;
  /** What the kernel says of a process of this cluster that it killed for want of memory since it was asked last. */
  outOfMemory(): OutOfMemory | undefined;
  /** What the workers' event loops said last, by pid, on the clock of `now`; undefined where they cannot say it. */
  signsOfLife(): ReadonlyMap<number, SignOfLife> | undefined;
  /** Calls back now and then while a worker gives no sign of life, first after one to two times `everyMs`; returns what ends it. */
  onSilence(everyMs: number, callback: () => void): () => void;
  /** Whether a process cannot run, whatever it would do. */
  isStopped(pid: number): boolean;
  /** What a process's main thread is doing; takes up to `timeout` milliseconds, and never rejects. */
  readStack(pid: number, timeout: number): Promise<BlockedStack>;
  /** Calls back once after `delay` milliseconds; returns what takes it back. */
  timer(delay: number, callback: () => void): () => void;
}
