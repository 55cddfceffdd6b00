import type { KindValues } from './kinds.js';
import type { OptionRow } from './option-row.js';
import { SERVICE_OPTIONS } from './options-service.js';
import { TELEMETRY_OPTIONS } from './options-telemetry.js';
import { WORKER_OPTIONS } from './options-workers.js';

/** THE table. Adding an option is adding a row (and its field to Config, if it lands there). */
export const OPTIONS = [
  ...WORKER_OPTIONS,
  ...SERVICE_OPTIONS,
  ...TELEMETRY_OPTIONS,
] as const satisfies readonly OptionRow[];

export type OptionName = (typeof OPTIONS)[number]['name'];

/** The parsed values of all options, by name. */
export type OptionValues = {
  readonly [R in (typeof OPTIONS)[number] as R['name']]: KindValues[R['kind']] | undefined;
};

/** The rows without their literal types, for code that treats all alike. */
export const ROWS: readonly (OptionRow & { readonly name: OptionName })[] = OPTIONS;
