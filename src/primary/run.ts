import type { ConfigReader } from '../config/reread.js';
import type { Config } from '../config/types.js';
import type { Health } from '../control/health.js';
import type { Host } from '../control/host.js';
import type { Control } from '../control/server.js';
import { KfError, toKfError } from '../errors.js';
import type { Flushed } from '../ipc/messages.js';
import type { Log } from '../log.js';
import { sendLeftovers } from './courier.js';
import { followCron } from './cron.js';
import { type GenerationHooks, hooksByGeneration } from './hook-generations.js';
import { createPrimaryHooks } from './hooks.js';
import { createLeave } from './leave.js';
import { nodePorts } from './node-ports.js';
import { type Outlet, openOutlet } from './outlet.js';
import { claimPidfile } from './pidfile.js';
import { answerPm2 } from './pm2.js';
import { primaryHooks } from './primary-hooks.js';
import { refuseProviderInPrimary } from './provider-check.js';
import { createReloader } from './reloader.js';
import { trapSignals } from './signals.js';
import { Supervisor } from './supervisor.js';
import { followFiles } from './watch.js';

/** A worker's last words, and whose they are. */
export type RunReport = Flushed & { readonly slot: number; readonly pid: number };

export interface RunOptions {
  onFlushed?(report: RunReport): void;
  /** Reads the configuration anew, for a reload. Without it the same one is used again. */
  readonly reader?: ConfigReader;
  /** Where output goes. By default as the configuration says, with the log given. */
  readonly outlet?: Outlet;
}

/** Runs a supervisor in this process until it has stopped. Resolves to the process exit code. */
export async function run(config: Config, log: Log, options: RunOptions = {}): Promise<number> {
  refuseDaemon(config);
  const outlet = options.outlet ?? { ...openOutlet(config), log };
  const places = await takePlaces(config, log);
  try {
    return await supervise(config, outlet, places, options);
  } finally {
    await places.leave();
  }
}

async function supervise(config: Config, outlet: Outlet, places: Places, options: RunOptions): Promise<number> {
  const { log } = outlet;
  const hooks = await preparePrimary(config, log);
  const supervisor = createSupervisor(config, outlet, hooks);
  if (options.onFlushed) supervisor.on('flushed', options.onFlushed);
  supervisor.on('news', ({ type }) => {
    // Under --watch it does not exit with that, but waits for the change that mends it.
    if (config.watch && (type === 'crash-loop' || type === 'never-ready')) outlet.sink.err(gaveUp(supervisor).render());
  });
  const exited = new Promise<number>((resolve) => supervisor.once('exit', resolve));
  const reader = options.reader ?? sameAgain(config);
  const reloader = createReloader(supervisor, reader, log);
  const leave = createLeave(supervisor, () => supervisor.config().drainDelayMs, log);
  places.serve({
    supervisor,
    reloader,
    ring: outlet.ring,
    stop: (force) => leave.stop({ quick: force }),
    leaving: leave.leaving,
    startedAt: performance.now(),
  });
  const leavePm2 = answerPm2(supervisor);
  const reload = () => {
    reloader.reload().catch((error) => log.error(`reload refused: ${toKfError(error).render()}`));
  };
  const untrap = trapSignals(supervisor, leave, log, reload);
  supervisor.start();
  const endCron = await followCron(supervisor, log);
  const endWatch = await followFiles(supervisor, reloader, log);
  const code = await exited;
  endCron();
  endWatch();
  leave.cancel();
  untrap();
  leavePm2();
  await sendLeftovers(config, log);
  await hooks.onExit({ code });
  if (code === 70 || code === 1) outlet.sink.err(gaveUp(supervisor, code).render());
  return code;
}

/** What only one supervisor can have. Taken before anything is forked, and free again when it has ended. */
interface Places {
  serve(host: Host): void;
  leave(): Promise<void>;
}

/** @throws KfError NAME_IN_USE, PIDFILE_IN_USE, PIDFILE or PORT_IN_USE; then it holds nothing */
async function takePlaces(config: Config, log: Log): Promise<Places> {
  let control: Control | undefined;
  let health: Health | undefined;
  let removePidfile: () => void = () => undefined;
  const leave = async () => {
    removePidfile();
    await Promise.all([control?.close(), health?.close()]);
  };
  try {
    if (config.control) control = await (await import('../control/server.js')).openControl(config.name, log);
    if (config.pidfile !== undefined) removePidfile = claimPidfile(config.pidfile);
    if (config.adminPort !== undefined) {
      const { openHealth } = await import('../control/health.js');
      health = await openHealth(config.adminPort, config.adminHost);
      log.info('health port', { host: config.adminHost, port: health.port });
    }
  } catch (error) {
    await leave();
    throw error;
  }
  return {
    serve: (host) => {
      control?.serve(host);
      health?.serve(host);
    },
    leave,
  };
}

function refuseDaemon({ daemon }: Config): void {
  if (!daemon) return;
  throw new KfError(
    'CONFIG_INVALID',
    'this cannot run in the background by itself',
    'only kf-cluster start has --daemon',
    {
      fix: 'Start it with kf-cluster start --daemon, or leave the option out.',
    },
  );
}

function sameAgain(config: Config): ConfigReader {
  return { read: async () => ({ config, configFile: undefined, warnings: [] }) };
}

/**
 * Everything before the first fork.
 * @throws KfError PROVIDER_IN_PRIMARY, HOOKS_* and HOOK_FAILED
 */
export async function preparePrimary(config: Config, log: Log): Promise<GenerationHooks> {
  refuseProviderInPrimary();
  const hooks = hooksByGeneration(createPrimaryHooks(await primaryHooks(config), config.name, log));
  const { workers, workersWhy, script, name } = config;
  log.info(`starting ${workers} ${workers === 1 ? 'worker' : 'workers'}`, { script, pid: process.pid });
  if (workersWhy) log.info(`workers=${workers}: ${workersWhy}`);
  await hooks.onStarting({ name, workers });
  return hooks;
}

export function createSupervisor(config: Config, outlet: Outlet, hooks: GenerationHooks): Supervisor {
  return new Supervisor({
    config,
    ports: nodePorts(config.scheduling, outlet.pipeStdout),
    log: outlet.log,
    hooks,
    sink: outlet.sink,
    prefix: outlet.prefix,
    tap: outlet.ring.worker,
  });
}

/** Why the supervisor has ended with that exit code, 70 or 1, or lingers without a worker. */
export function gaveUp(supervisor: Supervisor, code = 70): KfError {
  const own = supervisor.lastWords() ? 'its own error is shown above' : 'it wrote nothing to stderr';
  if (code === 1) return new KfError('APP_FAILED', 'a worker failed, and none is restarted', `--restart never; ${own}`);
  return supervisor.everReady()
    ? new KfError('CRASH_LOOP', 'every worker kept ending; all slots are given up', own)
    : new KfError('FIRST_GENERATION_FAILED', 'no worker ever became ready', own);
}
