import { inspect } from 'node:util';
import type { ConfigReader } from '../config/reread.js';
import type { Config } from '../config/types.js';
import { EXIT, KfError, toKfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Flushed } from '../contract/messages.js';
import { reopenLogs } from '../control/reopen-logs.js';
import { answerPm2 } from '../platforms/pm2/fork-mode.js';
import { surviveUncaught } from '../supervisor/last-resort.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { reportCalledExit } from './called-exit.js';
import { collectGarbage } from './garbage-collection.js';
import { type LogOutput, openLogOutput } from './log-output.js';
import { type MakePorts, openSession, type Session } from './session.js';
import { trapSignals } from './signals.js';
import { watchOrphans } from './unreaped-children.js';

/** A worker's exit report, and whose it is. */
export type RunReport = Flushed & { readonly slot: number; readonly pid: number };

export interface RunOptions {
  onFlushed?(report: RunReport & { readonly id: number }): void;
  /** Before the first fork. */
  onSupervisor?(supervisor: Supervisor): void;
  /** Reads the configuration anew, for a reload. Without it the same one is used again. */
  readonly reader?: ConfigReader;
  /** Where output goes. By default as the configuration says. */
  readonly output?: LogOutput;
  /** By default those of Node. */
  readonly makePorts?: MakePorts;
}

/** Runs a supervisor in this process until it has stopped. Resolves to the process exit code. */
export async function run(config: Config, options: RunOptions = {}): Promise<number> {
  const output = options.output ?? openLogOutput(config);
  surviveRejections(output.log);
  const isOver = reportCalledExit(output);
  try {
    return await supervise(config, output, options);
  } finally {
    isOver();
  }
}

async function supervise(config: Config, output: LogOutput, options: RunOptions): Promise<number> {
  const session = await openSession(config, output, options.reader ?? sameAgain(config), options.makePorts);
  const { supervisor } = session;
  options.onSupervisor?.(supervisor);
  if (options.onFlushed) supervisor.on('flushed', options.onFlushed);
  supervisor.on('notification', ({ type }) => {
    // Under --watch it does not exit with that, but waits for the change that mends it.
    if (config.watch && (type === 'crash-loop' || type === 'never-ready')) output.say(gaveUp(supervisor).render());
  });
  ownProcess(session, output);
  session.start();
  const code = await session.exited;
  if (code === EXIT.crashLoop || code === EXIT.failure) output.say(gaveUp(supervisor, code).render());
  return code;
}

/**
 * A promise that a hook of the primary did not wait for, and that is rejected, would end the primary and every worker with
 * it. For good: a hook may leave such a promise until the process ends.
 */
function surviveRejections(log: Log): void {
  process.on('unhandledRejection', (reason) => {
    log.error('a promise that nobody waits for was rejected in the primary', { error: inspect(reason) });
  });
}

/** Signals, and pm2 if it started us, are heard until the last worker is reaped. */
function ownProcess({ supervisor, reloader }: Session, output: LogOutput): void {
  const { log } = output;
  const leavePm2 = answerPm2(supervisor);
  const endCollecting = collectGarbage(supervisor);
  watchOrphans(supervisor, log);
  const reload = () => {
    reloader.reload().catch((thrown) => {
      const error = toKfError(thrown);
      eventLog(log, 'reload-refused', { code: error.code }).error(`reload refused: ${error.render()}`);
    });
  };
  const untrap = trapSignals(supervisor, log, { reload, reopen: () => reopenLog(output, supervisor) });
  surviveUncaught(supervisor);
  supervisor.once('exit', () => {
    untrap();
    endCollecting();
    leavePm2();
  });
}

/** SIGUSR2, as from logrotate. */
function reopenLog(output: LogOutput, supervisor: Supervisor): void {
  try {
    const file = reopenLogs({ output, supervisor });
    if (file === undefined && output.reopenElsewhere) return; // it has had the signal itself
    if (file === undefined)
      eventLog(output.log, 'no-log-file').warn('SIGUSR2 opens the log file anew, and there is none; SIGHUP reloads');
    else eventLog(output.log, 'log-reopened').info('log file opened anew', { file });
  } catch (error) {
    output.log.error(toKfError(error).render());
  }
}

function sameAgain(config: Config): ConfigReader {
  return { read: async () => ({ config, configFile: undefined, warnings: [] }) };
}

/** Why the supervisor has ended with that exit code, 70 or 1, or lingers without a worker. */
export function gaveUp(supervisor: Supervisor, code: number = EXIT.crashLoop): KfError {
  const { refused } = supervisor.faults();
  if (refused) return refused;
  const own = supervisor.failedStderr() ? 'its own error is shown above' : 'it wrote nothing to stderr';
  if (code === EXIT.failure) {
    return new KfError('APP_FAILED', 'a worker failed, and none is restarted', `--restart never; ${own}`);
  }
  return supervisor.everReady()
    ? new KfError('CRASH_LOOP', 'every worker kept ending; all slots are given up', own)
    : new KfError('FIRST_GENERATION_FAILED', 'no worker ever became ready', own);
}
