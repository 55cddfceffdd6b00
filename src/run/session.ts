import type { ConfigReader } from '../config/reread.js';
import type { Config } from '../config/types.js';
import { KfError } from '../contract/errors.js';
import { eventLog } from '../contract/log-events.js';
import { messageOf } from '../contract/system-error.js';
import type { Reloader } from '../control/control-context.js';
import { acquireResources, type ExclusiveResources } from '../control/exclusive-resources.js';
import { type GenerationHooks, hooksByGeneration } from '../supervisor/hook-generations.js';
import { nodePorts } from '../supervisor/node-ports.js';
import { createPrimaryHooks } from '../supervisor/primary-hooks.js';
import { sendLeftovers } from '../supervisor/start-flush-process.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { holdFiles } from '../system/held-files.js';
import { checkAccessLogFile } from './access-log-check.js';
import { mustBecome } from './become-user.js';
import { type ClusterEnd, endInOrder } from './cluster-end.js';
import { followCron } from './cron.js';
import { primaryHooks } from './load-primary-hooks.js';
import type { LogOutput } from './log-output.js';
import { primaryCodeLine } from './primary-code.js';
import { refuseProviderInPrimary } from './provider-check.js';
import { createReloader } from './reloader.js';
import { checkSpool } from './spool-check.js';
import { followFiles } from './watch.js';

/** Makes the operating system of a supervisor: that of Node, or of a test. */
export type MakePorts = typeof nodePorts;

/** A supervisor with everything around it that the configuration asks for, whoever started it. */
export interface Session {
  readonly supervisor: Supervisor;
  readonly reloader: Reloader;
  /** Forks. */
  start(): void;
  /** The exit code, when the last worker is reaped, leftovers are sent, hooks have run and all places are free. */
  readonly exited: Promise<number>;
}

/**
 * Everything before the first fork: places, hooks, control, cron, watch.
 *
 * @param reader reads the configuration anew, for a reload
 * @param makePorts makes the operating system that the supervisor acts on
 * @throws KfError NAME_IN_USE, PIDFILE_IN_USE, PIDFILE, PORT_IN_USE, PROVIDER_IN_PRIMARY, HOOKS_* and HOOK_FAILED;
 * then it holds nothing
 */
export async function openSession(
  config: Config,
  output: LogOutput,
  reader: ConfigReader,
  makePorts: MakePorts = nodePorts,
): Promise<Session> {
  refuseDaemon(config);
  refuseOtherUser(config);
  if (config.umask !== undefined) process.umask(config.umask);
  const places = await acquireResources(config, output.log);
  try {
    return await open({ config, output, reader, makePorts, places });
  } catch (error) {
    await places.leave();
    throw error;
  }
}

interface OpenParts {
  readonly config: Config;
  readonly output: LogOutput;
  readonly reader: ConfigReader;
  readonly makePorts: MakePorts;
  readonly places: ExclusiveResources;
}

async function open({ config, output, reader, makePorts, places }: OpenParts): Promise<Session> {
  const { log } = output;
  const files = holdFiles(log);
  const hooks = await prepareHooks(config, output);
  const supervisor = createSupervisor(config, output, hooks, makePorts);
  const reloader = createReloader(supervisor, reader, log);
  const end: ClusterEnd = {
    cron: await followCron(supervisor, log),
    watch: await followFiles(supervisor, reloader, log),
    leftovers: () => sendLeftovers(supervisor.config(), supervisor.leftovers(), output),
    hooks: (code) => hooks.onExit({ code }),
    files,
    places: places.leave,
  };
  const ended = new Promise<number>((resolve) => supervisor.once('exit', resolve));
  const exited = ended.then(async (code) => {
    await endInOrder(end, code, (error) => log.error('a step of the end failed', { why: messageOf(error) }));
    return code;
  });
  places.serve({
    supervisor,
    reloader,
    output,
    startedAt: performance.now(),
  });
  return { supervisor, reloader, start: () => supervisor.start(), exited };
}

async function prepareHooks(config: Config, { log }: LogOutput): Promise<GenerationHooks> {
  refuseProviderInPrimary();
  const hooks = hooksByGeneration(createPrimaryHooks(await primaryHooks(config), config.name, log));
  const { workers, workersWhy, script, name, heap } = config;
  eventLog(log, 'starting', { workers }).info(`starting ${workers} ${workers === 1 ? 'worker' : 'workers'}`, {
    script,
    pid: process.pid,
  });
  if (workersWhy) log.info(`workers=${workers}: ${workersWhy}`);
  if (heap.why) log.info(heap.why);
  if (heap.warning) log.warn(heap.warning);
  warnOfPrimaryCode(script, log);
  checkSpool(config, log);
  checkAccessLogFile(config);
  await hooks.onStarting({ name, workers });
  return hooks;
}

function warnOfPrimaryCode(script: string, log: LogOutput['log']): void {
  const line = primaryCodeLine(script);
  if (line === undefined) return;
  const fix = 'kf-cluster forks by itself; put what the primary is to do into onStarting, see docs/FRAMEWORKS.md';
  eventLog(log, 'wants-primary').warn(
    `${script}:${line} asks for node:cluster's primary: its code never runs in a worker`,
    { fix },
  );
}

function createSupervisor(config: Config, output: LogOutput, hooks: GenerationHooks, makePorts: MakePorts): Supervisor {
  return new Supervisor({
    config,
    ports: makePorts(config, output.pipeStdout, output.log),
    log: output.log,
    hooks,
    sink: output.sink,
    form: output.form,
    tap: output.ring.worker,
  });
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

/** A program opens what it likes before it makes a cluster, and an app of an ecosystem file has `uid`. */
function refuseOtherUser(config: Config): void {
  if (!mustBecome(config)) return;
  throw new KfError(
    'CONFIG_INVALID',
    'this cannot become another user',
    'only kf-cluster start has --user and --group',
    {
      fix: 'Start it as that user, or leave the options out; an app of an ecosystem file has uid and gid.',
    },
  );
}
