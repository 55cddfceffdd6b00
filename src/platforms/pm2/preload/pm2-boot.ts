import type { WorkerBoot } from '../../../config/boot-messages.js';
import { loadConfig } from '../../../config/load-options.js';
import { fieldsFor } from '../../../config/options.js';
import { BUILD } from '../../../contract/build-id.js';
import type { Pm2Facts } from './pm2-facts.js';

/** What stays between the end of a stop and pm2's SIGKILL, in milliseconds. */
const MARGIN = 300;

interface Pm2Boot {
  readonly boot: WorkerBoot;
  /** Variables that our own configuration adds. */
  readonly env: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** The boot of a worker that pm2 has started, by the configuration it would have had under our own primary. */
export async function bootUnderPm2(facts: Pm2Facts, environment: NodeJS.ProcessEnv): Promise<Pm2Boot> {
  const { config, loaded } = await loadConfig({
    script: facts.script,
    args: [],
    flags: {},
    environment,
    cwd: facts.cwd,
  });
  const { sources } = loaded.resolved;
  const given = (['drain-timeout', 'flush-timeout'] as const).some((name) => sources[name].layer !== 'default');
  const times = given ? config : split(facts.killTimeoutMs);
  const boot: WorkerBoot = {
    build: BUILD,
    ...fieldsFor('worker', config),
    name: facts.name,
    slot: facts.slot,
    generation: facts.restarts + 1,
    script: facts.script,
    projectDirs: config.projectDirs,
    hookFiles: config.hookFiles,
    shutdownMessage: config.shutdownMessage && !facts.shutdownWithMessage,
    drainTimeoutMs: times.drainTimeoutMs,
    flushTimeoutMs: times.flushTimeoutMs,
    color: false,
    reusePort: false,
    evenly: false,
    // No primary of ours reads what the watchdog reports.
    hangTimeoutMs: 0,
    hangStack: false,
    primaryPid: process.ppid,
    predecessor: undefined,
    // pm2 has its own: max_memory_restart, cron_restart.
    limits: { requests: undefined, lifetimeMs: undefined, memory: undefined },
  };
  return { boot, env: config.env, warnings: [...loaded.warnings, ...tooLong(times, facts)] };
}

interface Times {
  readonly drainTimeoutMs: number;
  readonly flushTimeoutMs: number;
}

/** A quarter for the last spans, 5 s at most; the rest for requests. */
function split(killTimeoutMs: number): Times {
  const whole = Math.max(0, killTimeoutMs - MARGIN);
  const flushTimeoutMs = Math.min(5_000, Math.ceil(whole / 4));
  return { drainTimeoutMs: whole - flushTimeoutMs, flushTimeoutMs };
}

function tooLong({ drainTimeoutMs, flushTimeoutMs }: Times, { killTimeoutMs }: Pm2Facts): string[] {
  const sum = drainTimeoutMs + flushTimeoutMs;
  if (sum < killTimeoutMs) return [];
  return [`drain and flush may take ${sum} ms, but pm2 kills after kill_timeout, ${killTimeoutMs} ms`];
}
