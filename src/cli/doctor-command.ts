import { wantsColor } from '../contract/color.js';
import type { DoctorAnswer } from '../contract/control-protocol.js';
import { EXIT, KfError } from '../contract/errors.js';
import { runChecks } from '../diagnose/check.js';
import { examine } from '../diagnose/doctor.js';
import { LIVE_CHECKS } from '../diagnose/live/live-checks.js';
import { LINT_SYMPTOMS, lintWatched } from '../diagnose/live/spans.js';
import { type Report, renderReport, reportOf } from '../diagnose/render.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';
import { remote } from './remote.js';

/** `kf-cluster doctor [script]`: 0 when nothing is wrong, 1 for an error, with --strict for a warning too. */
export async function doctor(invocation: Invocation, argv: Readonly<Record<string, unknown>>): Promise<number> {
  const collectorConfig = argv['collector-config']?.toString();
  const report =
    argv.live === undefined
      ? (await examine(invocation, { offline: argv.offline === true, collectorConfig })).report
      : await examineLive(String(argv.live), secondsOf(argv.seconds));
  const color = wantsColor(process.stdout, process.env);
  await print(argv.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report, color));
  const { error, warning } = report.summary;
  return error > 0 || (argv.strict === true && warning > 0) ? EXIT.failure : EXIT.ok;
}

/** A worker has half a second to answer: one that is hung is a finding, and holds nothing up. */
async function examineLive(name: string, seconds: number): Promise<Report> {
  const supervisor = await remote({ name });
  const answer = await supervisor.call<DoctorAnswer>({
    path: `/v1/doctor?seconds=${seconds}`,
    patience: (seconds + 10) * 1_000,
  });
  const { script, name: directory } = answer.status;
  const ids = [...Object.keys(LIVE_CHECKS), ...Object.keys(LINT_SYMPTOMS)];
  const findings = [...(await runChecks(LIVE_CHECKS, answer.status)), ...lintWatched(answer, Date.now())];
  return reportOf({ script, directory }, ids, findings);
}

function secondsOf(given: unknown = 10): number {
  const seconds = Number(given);
  if (seconds >= 0 && seconds <= 120) return seconds;
  throw new KfError('BAD_FLAG', `--seconds is ${JSON.stringify(given)}`, 'expected 0 to 120', {
    fix: 'See kf-cluster doctor --help',
  });
}
