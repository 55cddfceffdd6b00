import { FIELD_ROWS, type FieldSentTo } from './options.js';
import { peek } from './resolve.js';
import type { Config } from './types.js';

/**
 * The options of the telemetry of a process without a supervisor: from its environment alone. `base` is where relative
 * paths start. @throws KfError ENV_INVALID
 */
export function readTelemetryOptions(
  environment: Readonly<Record<string, string | undefined>>,
  base: string,
): Partial<Pick<Config, FieldSentTo<'single'>>> {
  const rows = FIELD_ROWS.filter(({ sentTo }) => sentTo?.includes('single'));
  return Object.fromEntries(rows.map((row) => [row.field, peek(row, { flags: {}, environment, base })?.value]));
}
