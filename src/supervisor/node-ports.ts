import type { ChildProcess, SendHandle } from 'node:child_process';
import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { WorkerBoot } from '../config/boot-messages.js';
import { BOOT_ENV } from '../config/boot-messages.js';
import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';
import { timerDelay } from '../contract/longest-timer.js';
import { describeMessage, isWorkerMessage } from '../contract/message-check.js';
import { unwrap, wrap } from '../contract/messages.js';
import { sharedClock, signsOfLife } from '../contract/signs-of-life.js';
import { STANDBY_FD } from '../contract/stall.js';
import { BUNDLED, workerFile } from '../system/held-files.js';
import { pipelineHandles } from '../worker/node-internals/handle-queue.js';
import { keepReserve, type Reserve } from './descriptor-reserve.js';
import { holdEarlySends } from './early-sends.js';
import { cwdOf, missingFor } from './fork-error.js';
import { readBlockedStack } from './hang/blocked-stack.js';
import { withoutNotices } from './hang/notices.js';
import { isStopped } from './hang/process-state.js';
import { onSilence } from './hang/silence.js';
import { keepHandlesUntilExit } from './keep-handles.js';
import { listenForExit } from './listen-for-exit.js';
import { type ConnectionTable, openConnectionTable } from './open-connection-table.js';
import { createOrphanGuard, type OrphanGuard, orphanTimes } from './orphan-guard.js';
import { offerToKernel, watchOutOfMemory } from './out-of-memory.js';
import type { ForkSpec, Handle, Ports, WorkerHandle, WorkerListener } from './ports.js';
import { trackSharedHandles } from './shared-handles.js';
import { createSocketPaths, type SocketPaths } from './socket-paths.js';
import { startProcess } from './start-process.js';

/** Node's own clock, dice, timers and node:cluster. Can be made once per process: so can a cluster's scheduling. */
export function nodePorts(config: Config, pipeStdout: boolean, log: Log): Ports {
  const { scheduling, memoryLimit } = config;
  // `shared` hands the listening socket itself to the workers, which accept from the kernel's queue: about twice the
  // connections a second of round-robin, and a worker that dies loses only what it had accepted.
  cluster.schedulingPolicy = scheduling === 'rr' ? cluster.SCHED_RR : cluster.SCHED_NONE;
  const paths = createSocketPaths(log);
  const letGoOfPorts = scheduling === 'shared' ? trackSharedHandles((path) => paths.putBack(path)) : () => undefined;
  const connectionTable = openConnectionTable(log, scheduling === 'shared');
  const guard = createOrphanGuard({ ...orphanTimes(config), connectionTableFd: connectionTable.fd, log });
  const reserve = keepReserve();
  const { fd } = connectionTable;
  /** Those whose inspector was opened from here. */
  const opened = new Set<number>();
  const clocksApart = sharedClock() - performance.now();
  return {
    letGoOfPorts,
    outOfMemory: watchOutOfMemory(memoryLimit),
    now: () => performance.now(),
    roll: Math.random,
    timer: (delay, callback) => {
      const timer = setTimeout(callback, timerDelay(delay));
      return () => clearTimeout(timer);
    },
    signsOfLife: () => (fd === 'ignore' ? undefined : signsOfLife(fd, clocksApart)),
    onSilence: (everyMs, callback) => (fd === 'ignore' ? () => undefined : onSilence(fd, everyMs, callback)),
    isStopped,
    readStack: (pid, timeout) => {
      opened.add(pid);
      return readBlockedStack(pid, timeout);
    },
    fork: (spec, listener) => {
      const handle = fork(spec, listener, { pipeStdout, connectionTable, reserve, guard, paths, opened, log });
      if (memoryLimit) offerToKernel(handle.pid);
      return handle;
    },
  };
}

/** By `--require` wherever that is possible: Node then starts no ES module loader for an app that needs none (ADR 19 and 34). */
function preloadFor({ hooks, byRequire }: ForkSpec): readonly [flag: string, file: string] {
  if (!BUNDLED) return ['--import', join(import.meta.dirname, '../worker/boot/preload.js')];
  if (!hooks) return ['--require', workerFile('plain.cjs')];
  return byRequire ? ['--require', workerFile('worker-require.cjs')] : ['--import', workerFile('worker.js')];
}

interface ForkParts {
  readonly pipeStdout: boolean;
  readonly connectionTable: ConnectionTable;
  readonly reserve: Reserve;
  readonly guard: OrphanGuard;
  readonly paths: SocketPaths;
  readonly opened: Set<number>;
  readonly log: Log;
}

function fork(
  spec: ForkSpec,
  listener: WorkerListener,
  { pipeStdout, connectionTable, reserve, guard, paths, opened, log }: ForkParts,
): WorkerHandle {
  const gone = missingFor(spec);
  if (gone) throw gone;
  cluster.setupPrimary({
    exec: spec.script,
    args: [...spec.args],
    execArgv: [...spec.nodeArgs, ...preloadFor(spec)],
    cwd: cwdOf(spec, log),
    // Several workers cannot read one terminal. stdout costs nothing where it is inherited; stderr is read along, for
    // the end of the worker's stderr.
    stdio: ['ignore', pipeStdout ? 'pipe' : 'inherit', 'pipe', 'ipc', 'pipe', connectionTable.fd],
  });
  const boot: WorkerBoot = spec.held ? { ...spec.boot, held: true } : spec.boot;
  const worker = startProcess({ ...spec.env, [BOOT_ENV]: JSON.stringify(boot) }, reserve, listener.onForkFailed);
  const child = worker.process;
  if (cluster.schedulingPolicy === cluster.SCHED_NONE) keepHandlesUntilExit(child);
  paths.follow(child);
  listenForMessages(child, listener);
  listenForOutput(child, listener, opened);
  // One that a debugger may stop is nobody's business but the user's.
  if (child.pid && !spec.nodeArgs.some((arg) => arg.startsWith('--inspect'))) guard.started(child.pid);
  child.once('exit', () => {
    connectionTable.ended(worker.id);
    if (!child.pid) return;
    guard.ended(child.pid);
    opened.delete(child.pid);
  });
  child.once('disconnect', () => listener.onPipeLost('channel'));
  listenForExit(child, listener.onExit);
  return handleOf(worker);
}

function listenForMessages(child: ChildProcess, listener: WorkerListener): void {
  const releaseSends = holdEarlySends(child);
  // Not of `message`: what is ours comes there to nobody.
  child.on('internalMessage', (raw: unknown, handle?: Handle) => {
    const message: unknown = unwrap(raw);
    if (message === undefined) return;
    if (!isWorkerMessage(message)) {
      handle?.close();
      return listener.onBadMessage(describeMessage(message));
    }
    if (message.type === 'booting') releaseSends();
    listener.onMessage(message, handle);
  });
}

function listenForOutput(child: ChildProcess, listener: WorkerListener, opened: ReadonlySet<number>): void {
  child.stderr?.on('data', (chunk: Buffer) => {
    const rest = child.pid && opened.has(child.pid) ? withoutNotices(chunk) : chunk;
    if (rest.length > 0) listener.onStderr(rest);
  });
  child.stdout?.on('data', (chunk: Buffer) => listener.onStdout(chunk));
  for (const stream of [child.stdout, child.stderr]) stream?.on('error', () => listener.onPipeLost('output'));
}

function handleOf(worker: ClusterWorker): WorkerHandle {
  const child = worker.process;
  const turn = child.stdio?.[STANDBY_FD] as Socket | undefined;
  turn?.on('error', () => undefined); // letGo to a process that has just died; its exit says the rest
  let pipelined: (() => void) | undefined;
  return {
    pid: child.pid ?? 0,
    reachable: () => worker.isConnected(),
    send: (message, onSent) => {
      if (!worker.isConnected()) return onSent?.(false);
      // Node reports no error for what still waited when the channel closed.
      const callback = onSent && ((error: Error | null) => onSent(!error && worker.isConnected()));
      worker.send(wrap(message), callback);
    },
    sendHandle: (message, handle, onLost) => {
      if (!worker.isConnected()) return false;
      pipelined ??= pipelineHandles(
        child,
        (listener) => void child.prependListener('internalMessage', listener),
        onLost,
      );
      worker.send(wrap(message), handle as SendHandle, () => undefined);
      pipelined();
      return true;
    },
    letGo: () => void turn?.write('\n'),
    kill: (signal) => void child.kill(signal),
  };
}
