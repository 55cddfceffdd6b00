import cluster from 'node:cluster';
import { inspect } from 'node:util';
import { DOOR, doorway } from '../../../hooks/app-hooks.js';
import { type NamedHooks, runHooks } from '../../../hooks/runner.js';
import type { WorkerBoot } from '../../config/boot-messages.js';
import { BUILD } from '../../contract/build-id.js';
import type { StopReason } from '../../contract/exit-reasons.js';
import { dispatch } from '../../contract/handlers.js';
import type { Notice } from '../../contract/messages.js';
import { giveSignsOfLife, mayBeDebugged, ORPHAN_LIMIT } from '../../contract/signs-of-life.js';
import { mendExecPath } from '../../system/node-binary.js';
import { type AppSignals, signalByMessage, takeSignals } from '../exit/app-signals.js';
import { createExit, type Exit, type StopOrder } from '../exit/exit.js';
import { createExitReport, type ExitReport } from '../exit/exit-report.js';
import { createArrivals } from '../moving/arrivals.js';
import { createMover, type Mover } from '../moving/mover.js';
import { surviveBrokenPipes } from '../node-internals/broken-pipes.js';
import { holdEarlyMessages } from '../node-internals/early-messages.js';
import { observe, patchEmitters } from '../node-internals/emitters.js';
import { keepLowDescriptors } from '../node-internals/low-descriptors.js';
import { keepSocketPaths } from '../node-internals/socket-unlink.js';
import { watchLimits } from '../recycle-limits.js';
import { type Servers, trackServers } from '../servers/track-servers.js';
import { createStats } from '../worker-stats.js';
import { type Channel, letEndNaturally, openChannel } from './channel.js';
import { enableCompileCache } from './compile-cache.js';
import { whenPrimaryIsGone } from './lost-channel.js';
import { refuseOtherBuild } from './other-build.js';
import { orderHandlers } from './primary-messages.js';
import { watchReady } from './ready-gate.js';
import { createSpanWatching } from './span-watching.js';
import { TELEMETRY } from './telemetry-source.js';
import { createWorkerContext, type WorkerContext } from './worker-context.js';
import { filesWritten, type WorkerFile } from './worker-files.js';

/** The process that started a worker: our own primary, or pm2. */
export interface WorkerHost {
  openChannel(): Channel;
  takeSignals(onStop: () => void, onThrow: (error: unknown) => void): AppSignals;
  /** The boot is over, the app comes next. */
  letGo(): void;
  /** The primary is gone. */
  orphaned?(boot: WorkerBoot): void;
  /** Whether whoever started it can replace it, though nothing can be said to it any more. */
  readonly replaced?: true;
  /** Its event loop is watched from now on, when it is. */
  watched?(boot: WorkerBoot): void;
}

const OUR_PRIMARY: WorkerHost = {
  openChannel,
  takeSignals,
  letGo: letEndNaturally,
  orphaned: ({ hangTimeoutMs }) => giveSignsOfLife(cluster.worker?.id ?? 0, hangTimeoutMs || ORPHAN_LIMIT),
  replaced: true,
  watched: ({ hangTimeoutMs }) => {
    if (hangTimeoutMs > 0) giveSignsOfLife(cluster.worker?.id ?? 0, hangTimeoutMs);
  },
};

/** A worker between its first breath and the first line of its app. */
interface Begun {
  /** In order of registration; those registered when the app is loaded hear every event. */
  readonly hooks: NamedHooks[];
  readonly context: WorkerContext;
  readonly servers: Servers;
  /** What this worker writes by itself; to be added to. */
  readonly files: WorkerFile[];
  /** The boot is over: the app may add hooks of its own, and the process may end by itself. */
  letAppIn(): void;
}

/** The watch over signals, servers and the primary. All of it at once: nothing that comes now is missed. */
export function beginBoot(boot: WorkerBoot, host: WorkerHost = OUR_PRIMARY): Begun {
  prepareProcess(boot, host);
  const releaseMessages = holdEarlyMessages();
  enableCompileCache();
  const servers = trackServers(boot);
  const context = createWorkerContext(boot);
  const hooks: NamedHooks[] = [];
  const files: WorkerFile[] = [];
  const channel = host.openChannel();
  let served: Promise<void> = Promise.resolve();
  const watching = createSpanWatching(channel, context.spans);
  const exitReport = createExitReport(channel, context, servers, watching.end);
  let byMessage: AppSignals | undefined;
  const { sendHandle } = channel;
  const mover = sendHandle ? createMover({ send: channel.send, sendHandle }) : undefined;
  const arrivals = createArrivals(channel, servers);
  const exit = wireExit(boot, context, servers, hooks, {
    ...{ channel, exitReport, host, mover, files },
    byMessage: () => byMessage,
  });
  let isReady = false;
  const ready = watchReady(boot.ready, servers, {
    ready: (how) => {
      isReady = true;
      host.watched?.(boot); // first: whoever hears of its readiness looks for them
      channel.send({ type: 'ready', how });
      if (how === 'portless') servers.onListening(() => channel.send(lateServer(boot)));
      releaseMessages();
      watchLimits(boot.limits, servers, (cause, text) => channel.send({ type: 'recycle-me', cause, text }));
      served = runHooks.onWorkerReady(hooks, context.worker);
      void verify(context);
    },
    settled: () => channel.send({ type: 'settled' }),
  });
  const handlers = orderHandlers({
    ...{ channel, context, hooks, exit, ready, arrivals, mover, watching, files },
    stats: createStats(servers, context),
    served: () => served,
  });
  channel.onMessage((message, handle) => dispatch(handlers, message, handle));
  if (boot.shutdownMessage) byMessage = signalByMessage(handlerFailed(context));
  channel.send({ type: 'booting', build: BUILD, node: process.version });
  channel.onLost(() => {
    mover?.end();
    whenGone(boot, host, isReady, () => exit.stop({ ...orderOf(boot), reason: 'primary-gone' }));
  });
  return {
    ...{ hooks, context, servers, files },
    letAppIn: () => {
      openDoor(hooks, context, ready.await);
      observe(process, 'beforeExit', () => exit.finish(boot.flushTimeoutMs));
      // Behind the telemetry's own observer, which puts on disk what is not delivered.
      observe(process, 'exit', () => exitReport.say(0));
      watching.letIn();
      ready.booted();
      host.letGo();
    },
  };
}

function prepareProcess(boot: WorkerBoot, host: WorkerHost): void {
  patchEmitters();
  if (host === OUR_PRIMARY) refuseOtherBuild(boot.build);
  mendExecPath();
  if (host === OUR_PRIMARY) freeDebugPort();
  keepLowDescriptors();
  keepSocketPaths(boot.primaryPid);
  surviveBrokenPipes();
}

/** The channel is lost: the primary is gone, or a worker that serves goes on until it is. */
function whenGone(boot: WorkerBoot, host: WorkerHost, serves: boolean, stop: () => void): void {
  const gone = () => {
    host.orphaned?.(boot);
    stop();
  };
  if (host.replaced && serves) whenPrimaryIsGone(boot.primaryPid, gone);
  else gone();
}

/**
 * SIGUSR1 opens the inspector on any free port: the primary finds it, and several workers cannot have the one default. Not
 * where somebody has chosen one.
 */
function freeDebugPort(): void {
  if (!mayBeDebugged()) process.debugPort = 0;
}

function lateServer({ ready }: WorkerBoot): Notice {
  const after = `it listens only now, ${process.uptime().toFixed(0)} s after its start, and was taken as started before`;
  const then = ready === 'settled' ? 'waits until it listens, from now on' : 'needs a longer --boot-timeout';
  return { type: 'notice', about: 'late-server', text: `${after}: a reload ${then}` };
}

function orderOf(boot: WorkerBoot): Omit<StopOrder, 'reason'> {
  return { drainMs: boot.drainTimeoutMs, flushMs: boot.flushTimeoutMs, move: false };
}

function handlerFailed({ worker }: WorkerContext): (error: unknown) => void {
  return (error) => {
    worker.log.error("the app's own shutdown handler failed", { error: inspect(error) });
    process.exitCode ??= 1;
  };
}

interface ExitHost {
  readonly channel: Channel;
  readonly exitReport: ExitReport;
  readonly host: WorkerHost;
  readonly mover: Mover | undefined;
  readonly files: readonly WorkerFile[];
  /** Sends the app the message `shutdown`, where that is asked for. */
  readonly byMessage: () => AppSignals | undefined;
}

function wireExit(
  boot: WorkerBoot,
  context: WorkerContext,
  servers: Servers,
  hooks: readonly NamedHooks[],
  { channel, exitReport, host, mover, files, byMessage }: ExitHost,
): Exit {
  const own = (reason: StopReason) => exit.stop({ ...orderOf(boot), reason });
  const appSignals = host.takeSignals(() => own('signal'), handlerFailed(context));
  const exit = createExit({
    worker: context.worker,
    servers,
    appSignals: { deliver: () => (byMessage() ?? appSignals).deliver() },
    hooks: () => hooks,
    flushSource: TELEMETRY,
    mover,
    appSignal: boot.appSignal,
    idleMs: boot.idleTimeoutMs,
    onStopping: (reason) => {
      context.setReason(reason);
      channel.send({ type: 'stopping', reason });
    },
    onDrained: (connections) => {
      exitReport.connections = connections;
    },
    onFlushed: async (ms) => {
      exitReport.say(ms);
      await Promise.all([channel.sent(), filesWritten(files)]);
    },
  });
  return exit;
}

/** Makes what postFork registered the provider of every copy of the api in this process. */
export async function join({ worker, app, takeProvider }: WorkerContext): Promise<void> {
  const registered = takeProvider();
  if (!registered) return;
  const { provider, others } = registered;
  const { joinProvider } = await import('#bundle/telemetry');
  const { problems } = await joinProvider(provider, { ...app, others, log: worker.log });
  for (const problem of problems) worker.log.error(problem);
}

/** Once more when the app is loaded: now the copies of the api that only it reaches show too. */
async function verify({ worker, app, joined }: WorkerContext): Promise<void> {
  if (!joined()) return;
  const { verifyJoined } = await import('#bundle/telemetry');
  const { problems } = await verifyJoined(app);
  for (const problem of problems) worker.log.error(problem);
}

function openDoor(hooks: NamedHooks[], context: WorkerContext, hold: (work: Promise<unknown>) => void): void {
  doorway[DOOR] = {
    add: (added) => {
      const named = { source: 'app', hooks: added };
      hooks.push(named);
      const work = runHooks.postFork([named], context.worker).then(() => join(context));
      hold(work);
      return work;
    },
  };
}
