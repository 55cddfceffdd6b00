import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FlushBoot } from '../config/boot-messages.js';
import { fieldsFor } from '../config/options.js';
import type { Config } from '../config/types.js';
import type { LifecycleSpan } from '../contract/lifecycle-span.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { timerDelay } from '../contract/longest-timer.js';
import { messageOf } from '../contract/system-error.js';
import type { KnownWorkers } from '../contract/worker-exit.js';
import { BUNDLED, workerFile } from '../system/held-files.js';
import { nodeBinary } from '../system/node-binary.js';
import type { Refused } from './recovery.js';
import type { OutputSink } from './worker-output.js';

/** From the flush process's own deadline to its end by force, in milliseconds: it has to start first. */
const MARGIN = 1_000;

const flushProcessFile = () =>
  BUNDLED ? workerFile('flush-process.js') : join(import.meta.dirname, '../telemetry/flush-process.js');

/** What is left to do when the last worker is gone. */
export interface Leftovers {
  /** What the collector has not taken in a flush of this stop; undefined when it took all. */
  readonly refused: Refused | undefined;
  readonly workers: KnownWorkers;
  /** What no worker has put on record. */
  readonly lifecycle: readonly LifecycleSpan[];
}

interface FlushOutput {
  readonly log: Log;
  readonly sink: Pick<OutputSink, 'err'>;
}

/**
 * When no worker is left that could: a short-lived process sends what the last ones have left in the spool, for the
 * primary itself loads no SDK. What it does not get rid of within the flush timeout stays for the next start, as does
 * all of it when the workers' own flushes have just failed: a collector that hangs must not hold up a stop twice.
 */
export async function sendLeftovers(config: Config, leftovers: Leftovers, output: FlushOutput): Promise<void> {
  const { refused, lifecycle, workers } = leftovers;
  if (!config.telemetry) return;
  const spooled = config.delivery !== 'memory' && hasLeftovers(config.spoolDir);
  if (refused !== undefined && spooled) warnOfRefused(refused, config, output);
  if (lifecycle.length === 0 && (!spooled || refused !== undefined)) return;
  const patient = refused === undefined || config.delivery === 'memory';
  await runFlushProcess(config, { ms: patient ? config.flushTimeoutMs : 0, lifecycle, workers }, output);
}

function warnOfRefused(refused: Refused, { spoolDir: dir }: Config, { log }: FlushOutput): void {
  const { spans, 'log records': logs, metrics } = refused;
  const kinds = Object.entries(refused).flatMap(([kind, count]) => (count > 0 ? [`${count} ${kind}`] : []));
  const what = kinds.join(', ') || '0 spans';
  const text = `the collector has not taken ${what} within --flush-timeout: they wait for the next start`;
  eventLog(log, 'left-in-spool', { spans, logs, metrics }).warn(text, { dir });
}

async function runFlushProcess(
  config: Config,
  task: Pick<FlushBoot, 'ms' | 'lifecycle' | 'workers'>,
  { log, sink }: FlushOutput,
): Promise<void> {
  const { script, projectDirs, color, spoolDir } = config;
  const boot: FlushBoot = { ...fieldsFor('flush-process', config), script, projectDirs, color, ...task };
  try {
    await runToEnd(environmentOf(config), task.ms + MARGIN, JSON.stringify(boot), (chunk) => sink.err(chunk));
  } catch (error) {
    log.warn(`the spans in ${spoolDir} wait for the next start`, { why: messageOf(error) });
  }
}

/** What the app is preloaded with is not for this process. */
function environmentOf(config: Config): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _preloads, ...env }: NodeJS.ProcessEnv = { ...process.env, ...config.env };
  return env;
}

/** Rejects when the system refuses to start it: some errors are thrown, after others there is a process without pipes. */
async function runToEnd(
  env: NodeJS.ProcessEnv,
  timeout: number,
  input: string,
  onStderr: (chunk: Buffer) => void,
): Promise<void> {
  const flushProcess = spawn(nodeBinary(), [flushProcessFile()], {
    cwd: '/', // that of this process may be gone
    env,
    stdio: ['pipe', 'ignore', 'pipe'], // not inherited: libuv would make our stderr a blocking one
    timeout: timerDelay(timeout),
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve, reject) => {
    flushProcess.once('close', () => resolve());
    flushProcess.once('error', reject);
    flushProcess.stdin?.once('error', reject);
    flushProcess.stderr?.on('data', onStderr);
    flushProcess.stdin?.end(input);
  });
}

function hasLeftovers(dir: string): boolean {
  try {
    return readdirSync(dir).some((name) => name.startsWith('den-'));
  } catch {
    // No spool was ever needed, or it cannot be read: the workers have warned of that.
    return false;
  }
}
