import { nearest } from '../../../contract/nearest.js';
import { ENV_FIELD, namesOf, OWN_KEY, PM2_TABLE } from './field-table.js';
import type { FieldType, Pm2Field } from './pm2-field.js';
import type { Problem } from './problem.js';

/** An app with its fields under pm2's own names, and what is wrong with it. */
export interface Checked {
  readonly app: Readonly<Record<string, unknown>>;
  readonly problems: Problem[];
  /** Fields that nothing is done with. */
  readonly warnings: Problem[];
  /** The name a field was written by, by pm2's own. */
  readonly written: Readonly<Record<string, string>>;
}

const ENV_NAME = new RegExp(ENV_FIELD);
const FIELDS = new Map(PM2_TABLE.flatMap((field) => namesOf(field).map((name) => [name, field] as const)));
const WITHOUT_EFFECT = new Set(
  PM2_TABLE.filter(({ ours }) => ours === '' || ours === 'nothing to do').flatMap(namesOf),
);
const ENV_ROW = PM2_TABLE.find((field) => field.name === ENV_FIELD);

const READS_FILE = `; a file of them is read by ${OWN_KEY}: { envFile: ".env" }`;

/** Names, aliases and types, as pm2's own check; an unknown field is a warning. `null` counts as absent. */
export function checkApp(raw: Readonly<Record<string, unknown>>): Checked {
  const app: Record<string, unknown> = {};
  const written: Record<string, string> = {};
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const [name, value] of Object.entries(raw)) {
    if (value === undefined || value === null || name === OWN_KEY) continue;
    const field = FIELDS.get(name) ?? (ENV_NAME.test(name) ? ENV_ROW : undefined);
    if (field === undefined) {
      warnings.push({ field: name, text: `is no field of pm2, and is ignored${suggest(name)}` });
      continue;
    }
    if (field.treatment === 'ignored' || (field === ENV_ROW && typeof value === 'string')) {
      const why = field === ENV_ROW ? `a text holds no variables${name === 'env_file' ? READS_FILE : ''}` : field.doc;
      if (!field.harmless?.includes(value)) warnings.push({ field: name, text: `is ignored: ${why}` });
      if (field === ENV_ROW) continue;
      app[field.name] ??= value;
      written[field.name] ??= name;
      continue;
    }
    const text = problemOf(field, value);
    if (text) problems.push({ field: name, text });
    const key = field === ENV_ROW ? name : field.name;
    app[key] ??= typed(field, value);
    written[key] ??= name;
  }
  if (raw.script === undefined && app.script === undefined) {
    problems.push({ field: 'script', text: 'is missing; expected the path of a program of Node' });
  }
  return { app, problems, warnings, written };
}

/** Nothing where the nearest name is one that nothing is done with: the next one after it is another field. */
function suggest(name: string): string {
  const near = nearest(name, [...FIELDS.keys(), 'env_production', OWN_KEY]);
  return near === undefined || WITHOUT_EFFECT.has(near) ? '' : `; did you mean ${near}?`;
}

function problemOf(field: Pm2Field, value: unknown): string | undefined {
  const shown = typeof value === 'object' ? (Array.isArray(value) ? 'an array' : 'an object') : JSON.stringify(value);
  if (!field.types.some((type) => isType(type, value)))
    return `is ${shown}; expected ${field.types.map(articled).join(' or ')}`;
  const isCount = field.types.length === 1 && field.types[0] === 'number';
  if (isCount && Number(value) < 0) return `is ${shown}; expected 0 or more`;
  return field.name === 'env' && typeof value === 'string' ? 'is a text; expected an object' : undefined;
}

/** pm2 takes the text of a number for a number. */
function isType(type: FieldType, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && !Array.isArray(value);
  if (type === 'number') return typeof value === 'number' ? !Number.isNaN(value) : isNumber(value);
  return typeof value === type;
}

function isNumber(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value));
}

function typed(field: Pm2Field, value: unknown): unknown {
  return !field.types.includes('string') && isNumber(value) ? Number(value) : value;
}

function articled(type: FieldType): string {
  return /^[ao]/.test(type) ? `an ${type}` : `a ${type}`;
}
