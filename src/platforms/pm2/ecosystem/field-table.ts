import { INTERPRETER_FIELDS } from './fields-interpreter.js';
import { LIFE_FIELDS } from './fields-life.js';
import { LOG_FIELDS } from './fields-logs.js';
import { PM2_FIELDS } from './fields-pm2.js';
import { RUN_FIELDS } from './fields-run.js';
import type { Pm2Field } from './pm2-field.js';

/** THE table: every field of pm2's schema, and what becomes of it. docs/PM2.md is made from it. */
export const PM2_TABLE: readonly Pm2Field[] = [
  ...RUN_FIELDS,
  ...INTERPRETER_FIELDS,
  ...LIFE_FIELDS,
  ...LOG_FIELDS,
  ...PM2_FIELDS,
];

/** Our own options stand under this key of an app. */
export const OWN_KEY = 'kf';

/** The pattern row: `env_production` and its like. */
export const ENV_FIELD = '^env_\\S*$';

/** Every name of a field, pm2's camel case included. */
export function namesOf(field: Pm2Field): string[] {
  if (field.name === ENV_FIELD) return [];
  const camel = field.name.replace(
    /_([a-z])([a-z])/gi,
    (_, first: string, second: string) => first.toUpperCase() + second,
  );
  return [...new Set([field.name, ...(field.aliases ?? []), camel])];
}
