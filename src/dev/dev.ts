import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/types.js';
import { BUILD } from '../contract/build-id.js';
import { EXIT, KfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { messageOf } from '../contract/system-error.js';
import { type RunOptions, type RunReport, run } from '../run/run.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { redirect } from './environment.js';
import { followSupervisor } from './follow-supervisor.js';
import { type Helper, startHelper } from './helper.js';
import { publishPage } from './page-place.js';
import { renderLints, renderSummary } from './summary.js';

interface DevIo {
  /** Gets the trace lines and the summary; never ended here. */
  readonly stdout: NodeJS.WritableStream;
  readonly color: boolean;
}

/** What only `dev` is asked for. */
interface DevOptions {
  /** Default true. */
  readonly page?: boolean;
  /** Preferred; when it is taken, any free one. Default 4319. */
  readonly pagePort?: number;
  /** Absolute. Where the session is written at the end. */
  readonly record?: string;
}

/** `kf-cluster dev`: the supervisor with an embedded OTLP receiver. Resolves to the process exit code. */
export function dev(config: Config, log: Log, io: DevIo, options: DevOptions): Promise<number> {
  return devWith(run, config, log, io, options);
}

/** `dev` with any supervisor; the receiver outlives the last worker's flush, because it ends after `supervise`. */
export async function devWith(
  supervise: typeof run,
  config: Config,
  log: Log,
  io: DevIo,
  options: DevOptions = {},
): Promise<number> {
  // What earlier runs have left belongs to their collector, not to this one.
  const spoolDir = mkdtempSync(join(tmpdir(), 'kf-cluster-dev-'));
  try {
    return await withHelper(supervise, { ...config, spoolDir }, log, io, options);
  } finally {
    rmSync(spoolDir, { recursive: true, force: true });
  }
}

async function withHelper(
  supervise: typeof run,
  config: Config,
  log: Log,
  io: DevIo,
  options: DevOptions,
): Promise<number> {
  const helper = await openHelper(config.name, log, io, options, false);
  if (!config.telemetry) log.warn('telemetry is off: no spans will come');
  const { env, notes } = redirect({ ...process.env, ...config.env }, helper);
  for (const note of notes) log.info(note);

  const { page = true } = options;
  const reports: RunReport[] = [];
  const served = new Set<number>();
  const onSupervisor = (supervisor: Supervisor) => {
    supervisor.on('notification', (what) => what.type === 'worker-ready' && served.add(what.id));
    if (page) followSupervisor(supervisor, helper.supervisor);
  };
  // One that was stopped while it booted has ended nothing, and has no account: it is none of whom nothing is known.
  const onFlushed: RunOptions['onFlushed'] = (report) => {
    if (report.spans || report.requests > 0 || served.has(report.id)) reports.push(report);
  };
  try {
    const code = await supervise({ ...config, env: { ...config.env, ...env } }, { onFlushed, onSupervisor });
    return (await summarize(helper.finish(), reports, log, io)) ? code : code || EXIT.failure;
  } catch (error) {
    await helper.finish(false);
    throw error;
  }
}

/** `kf-cluster dev --listen-only`: the receiver and its page alone, until a signal ends it. */
export async function listenOnly(log: Log, io: DevIo, options: DevOptions): Promise<number> {
  const helper = await openHelper('any sender', log, io, options, true);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    helper.ended.then(resolve);
  });
  return (await summarize(helper.finish(), [], log, io)) ? EXIT.ok : EXIT.failure;
}

async function openHelper(app: string, log: Log, io: DevIo, options: DevOptions, listenOnly: boolean): Promise<Helper> {
  const { page = true, pagePort: port, record } = options;
  if (record !== undefined) checkRecord(record);
  const helper = await startHelper(io, {
    ...(page && { page: { app, version: BUILD, listenOnly, ...(port !== undefined && { port }) } }),
    ...(record !== undefined && { record }),
  });
  eventLog(log, 'receiver-listening').info('receiver listening', { grpc: helper.grpcUrl, http: helper.httpUrl });
  // Workers boot meanwhile.
  helper.started.then(({ pageUrl, problem: why }) => {
    const fix = 'See its message above; kf-cluster start runs without it.';
    if (why !== undefined) log.error('the embedded receiver did not start, and no span is shown', { why, fix });
    if (pageUrl === undefined) return;
    log.info(`page: ${pageUrl}`);
    const withdraw = publishPage({ pid: process.pid, app, url: pageUrl, startedAt: Date.now() }, log);
    helper.ended.then(withdraw);
  });
  return helper;
}

/**
 * Now, not when hours of spans are to be written. What an earlier run has recorded stays until then.
 * @throws KfError BAD_FLAG
 */
function checkRecord(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw new KfError('BAD_FLAG', `--record ${file} cannot be written`, messageOf(error), {
      fix: 'Name a file in a directory that is there and that this user can write.',
      cause: error,
    });
  }
}

async function summarize(
  finished: ReturnType<Awaited<ReturnType<typeof startHelper>>['finish']>,
  reports: readonly RunReport[],
  log: Log,
  io: DevIo,
): Promise<boolean> {
  const summary = await finished;
  if (summary === undefined)
    eventLog(log, 'receiver-ended').error('the receiver process ended early: there is no summary');
  else io.stdout.write(renderLints(summary.lints, io.color) + renderSummary(reports, summary.counts, io.color));
  if (summary?.problem !== undefined) log.error('the session was not recorded', { why: summary.problem });
  return summary !== undefined && summary.problem === undefined;
}
