import type { Predecessor } from '../../hooks/types.js';
import type { Config } from '../config/types.js';
import { BOOT_ENV, type WorkerBoot } from '../ipc/messages.js';
import type { ForkSpec } from './ports.js';

/** What the worker of one fork is started with: its command line, environment and boot message. */
export function forkSpec(
  config: Config,
  fork: { readonly slot: number; readonly generation: number },
  added: Readonly<Record<string, string>>,
  predecessor?: Predecessor,
): ForkSpec {
  const { script, args, nodeArgs, cwd } = config;
  const boot: WorkerBoot = {
    name: config.name,
    slot: fork.slot,
    generation: fork.generation,
    script,
    hookFiles: config.hookFiles,
    ready: config.ready,
    drainTimeoutMs: config.drainTimeoutMs,
    flushTimeoutMs: config.flushTimeoutMs,
    logFormat: config.logFormat,
    logLevel: config.logLevel,
    color: config.color,
    telemetry: config.telemetry,
    autoInstrumentation: config.autoInstrumentation,
    headersFile: config.headersFile,
    delivery: config.delivery,
    journalPer: config.journalPer,
    spoolDir: config.spoolDir,
    spoolMaxBytes: config.spoolMaxBytes,
    spoolMaxAgeMs: config.spoolMaxAgeMs,
    hangTimeoutMs: config.hangTimeoutMs,
    hangStack: config.hangStack,
    primaryPid: process.pid,
    predecessor,
    reusePort: config.scheduling === 'reuseport',
  };
  const env = {
    ...config.env,
    KF_WORKER_SLOT: String(fork.slot),
    KF_WORKER_GENERATION: String(fork.generation),
    NODE_APP_INSTANCE: String(fork.slot),
    ...added,
    [BOOT_ENV]: JSON.stringify(boot),
  };
  return { script, args, nodeArgs, cwd, env };
}
