import { EXIT } from '../contract/errors.js';
import { examine } from '../diagnose/doctor.js';
import { renderReport } from '../diagnose/render.js';
import { wantsColor } from './color.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';

/** `kf-cluster doctor [script]`: 0 when nothing is wrong, 1 for an error, with --strict for a warning too. */
export async function doctor(invocation: Invocation, argv: Readonly<Record<string, unknown>>): Promise<number> {
  const collectorConfig = argv['collector-config']?.toString();
  const { report } = await examine(invocation, { offline: argv.offline === true, collectorConfig });
  const color = wantsColor(process.stdout, process.env);
  await print(argv.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report, color));
  const { error, warning } = report.summary;
  return error > 0 || (argv.strict === true && warning > 0) ? EXIT.failure : EXIT.ok;
}
