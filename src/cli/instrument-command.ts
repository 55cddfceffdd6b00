import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Loaded } from '../config/load-options.js';
import { loadConfig } from '../config/load-options.js';
import { envNameOf } from '../config/option-row.js';
import { ROWS } from '../config/options.js';
import { show } from '../config/resolve.js';
import type { Config } from '../config/types.js';
import { refuseEcosystemFile } from './ecosystem-flags.js';
import type { Invocation } from './invocation.js';

/** Passed on to the app; what else comes for this process is for it alone. */
const PASSED = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;

/**
 * `kf-cluster instrument app.js`: one process with the telemetry of a worker and no supervisor, by the options of `start`.
 * The exit code of the app; 128 and the number for a signal that ended it.
 */
export async function instrument(invocation: Invocation): Promise<number> {
  refuseEcosystemFile('instrument', invocation.script);
  const { config, loaded } = await loadConfig(invocation);
  for (const warning of loaded.warnings) process.stderr.write(`warning: ${warning}\n`);
  const { args, env } = nodeWith(config, loaded, invocation.environment);
  const child = spawn(process.execPath, args, { cwd: config.cwd, env, stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of PASSED) process.on(signal, pass);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
    });
  } finally {
    for (const signal of PASSED) process.off(signal, pass);
  }
}

/** The command line of the app's Node, and its environment: what the config says for the app, and what the telemetry reads. */
export function nodeWith(config: Config, loaded: Loaded, environment: Invocation['environment']) {
  const register = join(import.meta.dirname, './register.js');
  const preload = config.telemetry ? ['--import', register] : [];
  return {
    args: [...config.nodeArgs, ...preload, config.script, ...config.args],
    env: { ...environment, ...config.env, ...variablesOf(loaded) },
  };
}

/** What a process without a supervisor reads from its environment: whatever was said by a flag or in a file. */
function variablesOf({ resolved }: Loaded): Record<string, string> {
  const said = ROWS.filter((row) => {
    const isRead = row.sentTo?.includes('single') || row.name === 'log-level' || row.name === 'log-format';
    return isRead && resolved.values[row.name] !== undefined && resolved.sources[row.name].layer !== 'default';
  });
  return Object.fromEntries(said.map((row) => [envNameOf(row), show(row, resolved.values[row.name])]));
}
