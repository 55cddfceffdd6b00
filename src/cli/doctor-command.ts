import type { FullStatus } from '../contract/control-protocol.js';
import { EXIT } from '../contract/errors.js';
import { runChecks } from '../diagnose/check.js';
import { examine } from '../diagnose/doctor.js';
import { LIVE_CHECKS } from '../diagnose/live/checks.js';
import { type Report, renderReport, reportOf } from '../diagnose/render.js';
import { wantsColor } from './color.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';
import { remote } from './remote.js';

/** `kf-cluster doctor [script]`: 0 when nothing is wrong, 1 for an error, with --strict for a warning too. */
export async function doctor(invocation: Invocation, argv: Readonly<Record<string, unknown>>): Promise<number> {
  const collectorConfig = argv['collector-config']?.toString();
  const report =
    argv.live === undefined
      ? (await examine(invocation, { offline: argv.offline === true, collectorConfig })).report
      : await examineLive(String(argv.live));
  const color = wantsColor(process.stdout, process.env);
  await print(argv.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report, color));
  const { error, warning } = report.summary;
  return error > 0 || (argv.strict === true && warning > 0) ? EXIT.failure : EXIT.ok;
}

/** A worker has half a second to answer: one that is hung is a finding, and holds nothing up. */
async function examineLive(name: string): Promise<Report> {
  const supervisor = await remote({ name });
  const status = await supervisor.call<FullStatus>({ path: '/v1/status' });
  const place = { script: status.script, directory: status.name };
  return reportOf(place, Object.keys(LIVE_CHECKS), await runChecks(LIVE_CHECKS, status));
}
