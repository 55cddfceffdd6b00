import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/types.js';
import { EXIT } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { type RunReport, run } from '../run/run.js';
import { redirect } from './environment.js';
import { startHelper } from './helper.js';
import { renderSummary } from './summary.js';

export interface DevIo {
  /** Gets the trace lines and the summary; never ended here. */
  readonly stdout: NodeJS.WritableStream;
  readonly color: boolean;
}

/** `kf-cluster dev`: the supervisor with an embedded OTLP receiver. Resolves to the process exit code. */
export function dev(config: Config, log: Log, io: DevIo): Promise<number> {
  return devWith(run, config, log, io);
}

/** `dev` with any supervisor; the receiver outlives the last worker's flush, because it ends after `supervise`. */
export async function devWith(supervise: typeof run, config: Config, log: Log, io: DevIo): Promise<number> {
  const helper = await startHelper(io);
  log.info('receiver listening', { grpc: helper.grpcUrl, http: helper.httpUrl });
  if (!config.telemetry) log.warn('telemetry is off: no spans will come');
  const { env, notes } = redirect({ ...process.env, ...config.env }, helper);
  for (const note of notes) log.info(note);

  const reports: RunReport[] = [];
  const onFlushed = (report: RunReport) => void reports.push(report);
  // What earlier runs have left belongs to their collector, not to this one.
  const spoolDir = mkdtempSync(join(tmpdir(), 'kf-cluster-dev-'));
  try {
    const code = await supervise({ ...config, spoolDir, env: { ...config.env, ...env } }, { onFlushed });
    return (await summarize(helper.finish(), reports, log, io)) ? code : code || EXIT.failure;
  } catch (error) {
    await helper.finish();
    throw error;
  } finally {
    rmSync(spoolDir, { recursive: true, force: true });
  }
}

async function summarize(
  finished: ReturnType<Awaited<ReturnType<typeof startHelper>>['finish']>,
  reports: readonly RunReport[],
  log: Log,
  io: DevIo,
): Promise<boolean> {
  const counts = await finished;
  if (counts === undefined) log.error('the receiver process ended early: there is no summary');
  else io.stdout.write(renderSummary(reports, counts, io.color));
  return counts !== undefined;
}
