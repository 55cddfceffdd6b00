import type { Config } from '../../src/config/types.js';
import { createLog } from '../../src/contract/log.js';
import type { PrimaryMessage, WorkerMessage } from '../../src/contract/messages.js';
import { hooksByGeneration } from '../../src/supervisor/hook-generations.js';
import type { ForkSpec, LostPipe, Ports, WorkerListener } from '../../src/supervisor/ports.js';
import { createPrimaryHooks, type NamedPrimaryHooks } from '../../src/supervisor/primary-hooks.js';
import { Supervisor } from '../../src/supervisor/supervisor.js';
import { VirtualClock } from '../core/clock.js';

export const CONFIG: Config = {
  name: 'test',
  projectDirs: ['/'],
  script: '/app.js',
  args: [],
  cwd: '/',
  workers: 1,
  workersWhy: undefined,
  heap: { nodeArgs: [] },
  memoryLimit: undefined,
  nodeArgs: [],
  byRequire: false,
  env: {},
  hookFiles: [],
  inlineHooks: {},
  ...{ user: undefined, group: undefined, umask: undefined },
  ...{ accessLog: undefined, accessLogFormat: 'combined', accessLogTrust: undefined, backlog: undefined },
  ...{ keepAliveTimeoutMs: undefined, headersTimeoutMs: undefined, requestTimeoutMs: undefined },
  ready: 'listening',
  instanceVar: 'NODE_APP_INSTANCE',
  bootTimeoutMs: 30_000,
  drainTimeoutMs: 25_000,
  flushTimeoutMs: 5_000,
  idleTimeoutMs: 5_000,
  moveConnections: false,
  appSignal: 'after-drain',
  backoff: { initialMs: 100, maxMs: 10_000 },
  minUptimeMs: 1_000,
  maxRestarts: 10,
  restartWindowMs: 60_000,
  restart: 'always',
  stopExitCodes: [],
  watch: false,
  watchPaths: undefined,
  watchIgnore: undefined,
  watchDelayMs: 200,
  shutdownMessage: false,
  logFormat: 'pretty',
  logLevel: 'debug',
  color: false,
  telemetry: false,
  autoInstrumentation: false,
  instrumentations: undefined,
  excludeUrls: undefined,
  requestAttributes: undefined,
  idGenerator: 'random',
  httpInstrumentation: 'builtin',
  instrumentationsFrom: undefined,
  headersFile: undefined,
  logCorrelation: false,
  captureLogs: false,
  scheduling: 'shared',
  otlpTransport: 'builtin',
  delivery: 'spool',
  journalPer: 'batch',
  journalStarts: false,
  spoolDir: '/spool',
  spoolMaxBytes: 1 << 20,
  spoolMaxAgeMs: 3_600_000,
  hangTimeoutMs: 0,
  hangStack: true,
  canaryTimeMs: 500,
  maxSurge: 1,
  maxUnavailable: 0,
  maxRequests: 0,
  maxRequestsJitter: 0,
  maxLifetimeMs: 0,
  maxLifetimeJitter: 0,
  maxMemory: undefined,
  cronRestart: undefined,
  drainDelayMs: 0,
  logFile: undefined,
  logMaxSize: 1_000_000,
  logTime: 'auto',
  control: true,
  pidfile: undefined,
  daemon: false,
  adminPort: undefined,
  adminHost: '127.0.0.1',
};

/** One process that does only what the test says. */
export interface ScriptedWorker {
  readonly spec: ForkSpec;
  readonly sent: PrimaryMessage[];
  readonly signals: string[];
  /** How often it was let go on, if it was held. */
  letGo: number;
  reachable: boolean;
  lose(pipe: LostPipe): void;
  say(message: WorkerMessage): void;
  ready(): void;
  stderr(text: string): void;
  exit(code: number | null, signal?: string): void;
}

/** An operating system of which nothing happens by itself. */
export class ScriptedPorts implements Ports {
  readonly clock = new VirtualClock<number>();
  readonly workers: ScriptedWorker[] = [];
  /** Draws, in order; none left is no number, which the clock refuses. */
  readonly rolls: number[] = [];
  /** Called in place of a fork; throwing refuses it. */
  onFork: (worker: ScriptedWorker) => void = () => undefined;
  /** What a worker does about a message, when it has it. */
  onSend: (worker: ScriptedWorker, message: PrimaryMessage) => void = () => undefined;
  /** Called when a worker that was held is let go on. */
  onLetGo: (worker: ScriptedWorker) => void = () => undefined;
  readonly #callbacks = new Map<number, () => void>();
  /** How often the primary let go of the workers' ports. */
  letGo = 0;
  #nextTimer = 1;

  now = (): number => this.clock.now;
  roll = (): number => this.rolls.shift() ?? Number.NaN;

  outOfMemory = (): undefined => undefined;

  /** Nobody leaves signs of life here: workers are asked. */
  signsOfLife = (): undefined => undefined;
  onSilence = () => () => undefined;
  isStopped = (): boolean => false;
  readStack = () => Promise.resolve({ kind: 'none' as const, why: 'there is no process' });

  letGoOfPorts = (): void => {
    this.letGo += 1;
  };

  timer = (delay: number, callback: () => void): (() => void) => {
    const id = this.#nextTimer++;
    this.clock.arm(id, this.clock.now + delay);
    this.#callbacks.set(id, callback);
    return () => this.clock.disarm(id);
  };

  fork = (spec: ForkSpec, listener: WorkerListener) => {
    const worker = scriptedWorker(spec, listener);
    this.onFork(worker);
    this.workers.push(worker);
    return {
      pid: 1_000 + this.workers.length,
      reachable: () => worker.reachable,
      send: (message: PrimaryMessage, onSent?: (isSent: boolean) => void) => {
        worker.sent.push(message);
        if (onSent) process.nextTick(onSent, worker.reachable);
        queueMicrotask(() => this.onSend(worker, message));
      },
      sendHandle: (message: PrimaryMessage) => worker.sent.push(message) > 0,
      kill: (signal: string) => void worker.signals.push(signal),
      letGo: () => {
        worker.letGo += 1;
        this.onLetGo(worker);
      },
    };
  };

  /** The worker of the nth fork, from 1. */
  worker(nth: number): ScriptedWorker {
    const worker = this.workers[nth - 1];
    if (!worker) throw new Error(`there was no fork ${nth}`);
    return worker;
  }

  advance(ms: number): void {
    this.clock.advance(ms, (id) => this.#callbacks.get(id)?.());
  }
}

function scriptedWorker(spec: ForkSpec, listener: WorkerListener): ScriptedWorker {
  const worker: ScriptedWorker = {
    spec,
    reachable: true,
    lose: (pipe) => {
      if (pipe === 'channel') worker.reachable = false;
      listener.onPipeLost(pipe);
    },
    sent: [],
    signals: [],
    letGo: 0,
    say: (message) => listener.onMessage(message),
    ready: () => listener.onMessage({ type: 'ready', how: 'listening' }),
    stderr: (text) => listener.onStderr(Buffer.from(text)),
    exit: (code, signal) => listener.onExit(code, signal ?? null),
  };
  return worker;
}

/** A supervisor on scripted ports, with what it logged, wrote and told. */
export function scripted(change: Partial<Config> = {}, hooks: NamedPrimaryHooks['hooks'] = {}) {
  const ports = new ScriptedPorts();
  const lines: string[] = [];
  const written: string[] = [];
  const exits: number[] = [];
  const log = createLog({ format: 'pretty', level: 'debug', label: 'kf-cluster', sink: (line) => lines.push(line) });
  const supervisor = new Supervisor({
    config: { ...CONFIG, ...change },
    ports,
    log,
    hooks: hooksByGeneration(createPrimaryHooks([{ source: 'hooks.js', hooks }], 'test', log)),
    sink: { out: (chunk) => written.push(chunk.toString()), err: (chunk) => written.push(chunk.toString()) },
    form: () => undefined,
  });
  supervisor.on('exit', (code) => exits.push(code));
  return { supervisor, ports, lines, written, exits };
}

/** Settles when so many more workers have been forked. */
export function forks(ports: ScriptedPorts, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    ports.onFork = () => {
      left -= 1;
      if (left === 0) queueMicrotask(resolve); // when the worker is in the list
    };
  });
}
