import type { KindValues } from './kinds.js';
import type { OptionRow, Receiver } from './option-row.js';
import { DELIVERY_OPTIONS } from './options-delivery.js';
import { HTTP_OPTIONS } from './options-http.js';
import { PROCESS_OPTIONS } from './options-process.js';
import { SERVICE_OPTIONS } from './options-service.js';
import { TELEMETRY_OPTIONS } from './options-telemetry.js';
import { WORKER_OPTIONS } from './options-workers.js';

/** THE table. Adding an option is adding a row (and its field to Config, if it lands there). */
export const OPTIONS = [
  ...WORKER_OPTIONS,
  ...PROCESS_OPTIONS,
  ...SERVICE_OPTIONS,
  ...HTTP_OPTIONS,
  ...TELEMETRY_OPTIONS,
  ...DELIVERY_OPTIONS,
] as const satisfies readonly OptionRow[];

export type OptionName = (typeof OPTIONS)[number]['name'];

type Row = (typeof OPTIONS)[number];
type Parsed<R extends OptionRow> = R extends { readonly choices: readonly (infer C)[] } ? C : KindValues[R['kind']];
type ValueOf<R extends OptionRow> = R extends { readonly default: string } ? Parsed<R> : Parsed<R> | undefined;
type WithField = Extract<Row, { readonly field: string }>;

/** The parsed values of all options, by name. */
export type OptionValues = { readonly [R in Row as R['name']]: ValueOf<R> };

/** Those that are a field of Config as they are. */
export type OptionFields = { readonly [R in WithField as R['field']]: ValueOf<R> };

/** The fields that a receiver starts with. */
export type FieldSentTo<T extends Receiver> =
  Extract<WithField, { readonly sentTo: readonly Receiver[] }> extends infer R
    ? R extends { readonly field: infer F extends string; readonly sentTo: readonly (infer To)[] }
      ? T extends To
        ? F
        : never
      : never
    : never;

/** The rows without their literal types, for code that treats all alike. */
export const ROWS: readonly (OptionRow & { readonly name: OptionName })[] = OPTIONS;

type FieldRow = (typeof ROWS)[number] & { readonly field: keyof OptionFields };
const isFieldRow = (row: (typeof ROWS)[number]): row is FieldRow => row.field !== undefined;

/** The rows that are a field of Config. */
export const FIELD_ROWS: readonly FieldRow[] = ROWS.filter(isFieldRow);

/** The fields of Config that follow from the values alone. */
export function fieldsOf(values: OptionValues): OptionFields {
  return Object.fromEntries(FIELD_ROWS.map(({ field, name }) => [field, values[name]])) as OptionFields;
}

/** What of a configuration is sent to a worker or a flush process. */
export function fieldsFor<T extends Receiver, C extends OptionFields>(receiver: T, config: C): Pick<C, FieldSentTo<T>> {
  const rows = FIELD_ROWS.filter(({ sentTo }) => sentTo?.includes(receiver));
  return Object.fromEntries(rows.map(({ field }) => [field, config[field]])) as Pick<C, FieldSentTo<T>>;
}
