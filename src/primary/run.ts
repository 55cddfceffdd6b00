import type { Config } from '../config/types.js';
import { KfError } from '../errors.js';
import type { Flushed } from '../ipc/messages.js';
import type { Log } from '../log.js';
import { createPrimaryHooks, type NamedPrimaryHooks } from './hooks.js';
import { nodePorts } from './node-ports.js';
import { answerPm2 } from './pm2.js';
import { refuseProviderInPrimary } from './provider-check.js';
import { trapSignals } from './signals.js';
import { Supervisor } from './supervisor.js';

export interface RunOptions {
  /** A worker has told what became of its spans; its last message. */
  onFlushed?(report: Flushed & { slot: number; pid: number }): void;
  /** Reads the configuration anew, for SIGHUP. Without it the same one is used again. */
  reread?(): Promise<Config>;
}

/** Runs a supervisor in this process until it has stopped. Resolves to the process exit code. */
export async function run(config: Config, log: Log, options: RunOptions = {}): Promise<number> {
  refuseProviderInPrimary();
  const hooks = createPrimaryHooks(await primaryHooks(config), config.name, log);
  const supervisor = createSupervisor(config, log, hooks);
  if (options.onFlushed) supervisor.on('flushed', options.onFlushed);
  const exited = new Promise<number>((resolve) => supervisor.once('exit', resolve));
  const leavePm2 = answerPm2(supervisor);
  const untrap = trapSignals(supervisor, log, () => void reload(supervisor, config, log, options));
  log.info(`starting ${config.workers} workers`, { script: config.script, pid: process.pid });
  if (config.workersWhy) log.info(`workers=${config.workers}: ${config.workersWhy}`);
  await hooks.onStarting({ name: config.name, workers: config.workers });
  supervisor.start();
  const code = await exited;
  untrap();
  leavePm2();
  await hooks.onExit({ code });
  if (code === 70) process.stderr.write(gaveUp(supervisor).render());
  return code;
}

export function createSupervisor(config: Config, log: Log, hooks: ReturnType<typeof createPrimaryHooks>): Supervisor {
  const onTerminal = Boolean(process.stdout.isTTY);
  // Whoever read our output has gone (`| head`): the workers serve on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return new Supervisor({
    config,
    ports: nodePorts(config.scheduling, onTerminal),
    log,
    hooks,
    sink: { out: (chunk) => void process.stdout.write(chunk), err: (chunk) => void process.stderr.write(chunk) },
    prefix: onTerminal ? (slot) => `${slot} | ` : undefined,
  });
}

async function primaryHooks(config: Config): Promise<NamedPrimaryHooks[]> {
  const inline = { source: 'cluster.setup()', hooks: config.inlineHooks };
  if (config.hookFiles.length === 0) return [inline];
  const { loadHookFiles } = await import('../config/hook-files.js');
  const files = await loadHookFiles(config.hookFiles);
  return [...files.map(({ file, hooks }) => ({ source: file, hooks })), inline];
}

async function reload(supervisor: Supervisor, config: Config, log: Log, options: RunOptions): Promise<void> {
  try {
    await supervisor.reload((await options.reread?.()) ?? config);
  } catch (error) {
    const text = error instanceof KfError ? error.render() : String(error);
    log.error(`reload refused: ${text}`);
  }
}

function gaveUp(supervisor: Supervisor): KfError {
  const own = supervisor.lastWords() ? 'its own error is shown above' : 'it wrote nothing to stderr';
  return supervisor.everReady()
    ? new KfError('CRASH_LOOP', 'every worker kept ending; all slots are given up', own)
    : new KfError('FIRST_GENERATION_FAILED', 'no worker ever became ready', own);
}
