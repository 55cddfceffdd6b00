import type { OptionRow } from './option-row.js';
import { OPTIONS } from './options.js';
import { peek } from './resolve.js';
import type { Config } from './types.js';

const FIELDS = [
  'delivery',
  'journalPer',
  'journalStarts',
  'spoolDir',
  'spoolMaxBytes',
  'spoolMaxAgeMs',
  'logCorrelation',
  'captureLogs',
  'headersFile',
] as const satisfies readonly (keyof Config)[];

/**
 * The options of the telemetry of a process without a supervisor: from its environment alone. `base` is where relative
 * paths start. @throws KfError ENV_INVALID
 */
export function readTelemetryOptions(
  environment: Readonly<Record<string, string | undefined>>,
  base: string,
): Partial<Pick<Config, (typeof FIELDS)[number]>> {
  const wanted: readonly string[] = FIELDS;
  const rows: readonly OptionRow[] = OPTIONS.filter((row) => 'field' in row && wanted.includes(row.field));
  return Object.fromEntries(rows.map((row) => [row.field, peek(row, { flags: {}, environment, base })?.value]));
}
