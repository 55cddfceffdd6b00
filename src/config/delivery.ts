import type { OptionRow } from './option-row.js';
import { OPTIONS } from './options.js';
import { peek } from './resolve.js';
import type { Config } from './types.js';

type Delivery = Pick<
  Config,
  'delivery' | 'journalPer' | 'journalStarts' | 'spoolDir' | 'spoolMaxBytes' | 'spoolMaxAgeMs'
>;

const FIELDS: readonly string[] = [
  'delivery',
  'journalPer',
  'journalStarts',
  'spoolDir',
  'spoolMaxBytes',
  'spoolMaxAgeMs',
];

/**
 * The delivery options of a process without a supervisor: from its environment alone. `base` is where relative paths
 * start. @throws KfError ENV_INVALID
 */
export function readDelivery(
  environment: Readonly<Record<string, string | undefined>>,
  base: string,
): Partial<Delivery> {
  const rows: readonly OptionRow[] = OPTIONS.filter((row) => 'field' in row && FIELDS.includes(row.field));
  return Object.fromEntries(rows.map((row) => [row.field, peek(row, { flags: {}, environment, base })?.value]));
}
