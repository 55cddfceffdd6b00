import type { Config } from '../config/types.js';
import { KfError } from '../errors.js';
import type { Flushed } from '../ipc/messages.js';
import type { Log } from '../log.js';
import { sendLeftovers } from './courier.js';
import { createPrimaryHooks, type NamedPrimaryHooks, type PrimaryHookRunner } from './hooks.js';
import { nodePorts } from './node-ports.js';
import { answerPm2 } from './pm2.js';
import { refuseProviderInPrimary } from './provider-check.js';
import { trapSignals } from './signals.js';
import { Supervisor } from './supervisor.js';

/** A worker's last words, and whose they are. */
export type RunReport = Flushed & { readonly slot: number; readonly pid: number };

export interface RunOptions {
  onFlushed?(report: RunReport): void;
  /** Reads the configuration anew, for SIGHUP. Without it the same one is used again. */
  reread?(): Promise<Config>;
}

/** Runs a supervisor in this process until it has stopped. Resolves to the process exit code. */
export async function run(config: Config, log: Log, options: RunOptions = {}): Promise<number> {
  const hooks = await preparePrimary(config, log);
  const supervisor = createSupervisor(config, log, hooks);
  if (options.onFlushed) supervisor.on('flushed', options.onFlushed);
  const exited = new Promise<number>((resolve) => supervisor.once('exit', resolve));
  const leavePm2 = answerPm2(supervisor);
  const untrap = trapSignals(supervisor, log, () => void reload(supervisor, config, log, options));
  supervisor.start();
  const code = await exited;
  untrap();
  leavePm2();
  await sendLeftovers(config, log);
  await hooks.onExit({ code });
  if (code === 70) process.stderr.write(gaveUp(supervisor).render());
  return code;
}

/**
 * Everything before the first fork.
 * @throws KfError PROVIDER_IN_PRIMARY, HOOKS_* and HOOK_FAILED
 */
export async function preparePrimary(config: Config, log: Log): Promise<PrimaryHookRunner> {
  refuseProviderInPrimary();
  const hooks = createPrimaryHooks(await primaryHooks(config), config.name, log);
  const { workers, workersWhy, script, name } = config;
  log.info(`starting ${workers} ${workers === 1 ? 'worker' : 'workers'}`, { script, pid: process.pid });
  if (workersWhy) log.info(`workers=${workers}: ${workersWhy}`);
  await hooks.onStarting({ name, workers });
  return hooks;
}

export function createSupervisor(config: Config, log: Log, hooks: PrimaryHookRunner): Supervisor {
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

/** Why the supervisor ended with exit code 70. */
export function gaveUp(supervisor: Supervisor): KfError {
  const own = supervisor.lastWords() ? 'its own error is shown above' : 'it wrote nothing to stderr';
  return supervisor.everReady()
    ? new KfError('CRASH_LOOP', 'every worker kept ending; all slots are given up', own)
    : new KfError('FIRST_GENERATION_FAILED', 'no worker ever became ready', own);
}
