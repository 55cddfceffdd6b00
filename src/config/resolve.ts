import { KfError } from '../contract/errors.js';
import { checkOtel } from '../otel-env/check-environment.js';
import { type Env, read } from '../otel-env/read-variable.js';
import { isScalar } from './kind-parsers.js';
import { KINDS, type Kind, type KindValues, type Raw } from './kinds.js';
import { envNameOf, envNamesOf, fileKeyOf, flagOf, type OptionRow } from './option-row.js';
import { type OptionName, type OptionValues, ROWS } from './options.js';
import { isPreset, missingFor, type PresetName, presetOptions, presetVariables } from './presets.js';
import { unknownVariables } from './unknown-variables.js';

/** Where a value came from, strongest first. `code` is what a program gave to `cluster.setup()`. */
export const LAYERS = ['flag', 'environment', 'env-file', 'code', 'file', 'preset', 'default'] as const;
export type Layer = (typeof LAYERS)[number];

interface Source {
  readonly layer: Layer;
  /** What the user wrote: a flag, a variable, a key with its file. */
  readonly name: string;
}

/** Options of a config file or of code, by key, and where their relative paths start. */
export interface KeyedLayer {
  readonly label: string;
  /** What a key was called by whoever wrote it, where that is not its own name. */
  readonly names?: Readonly<Record<string, string>>;
  readonly base: string;
  readonly values: Readonly<Record<string, Raw | undefined>>;
  /** The `env` map. */
  readonly env: Readonly<Record<string, string>>;
}

export interface LayerInput {
  /** By option name, without dashes. */
  readonly flags: Readonly<Record<string, Raw | undefined>>;
  readonly environment: Env;
  readonly envFile?: { readonly path: string; readonly vars: Readonly<Record<string, string>> } | undefined;
  readonly code?: KeyedLayer | undefined;
  readonly file?: KeyedLayer | undefined;
  /** Absolute; relative paths of flags and variables start here. */
  readonly base: string;
}

export interface Resolved {
  readonly values: OptionValues;
  readonly sources: Readonly<Record<OptionName, Source>>;
  /** What workers get in addition to the primary's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where each variable of `env` came from. */
  readonly envSources: Readonly<Record<string, Source>>;
  /** For the log: what was assumed. */
  readonly notes: readonly string[];
}

interface Found {
  readonly raw: Raw;
  readonly source: Source;
  readonly base: string;
}

/**
 * Merges the layers: flag > environment > env file > code > config file > default. Pure.
 * @throws KfError BAD_FLAG, ENV_INVALID, CONFIG_INVALID or OTEL_INVALID, naming what was written and what was expected.
 */
export function resolveOptions(input: LayerInput): Resolved {
  const values: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  for (const row of ROWS) {
    const found = find(row, input);
    values[row.name] = found && parse(row, found);
    sources[row.name] = found?.source ?? { layer: 'default', name: 'unset' };
  }
  const workers = workerEnv(input, values, sources);
  const env = Object.fromEntries(Object.entries(workers).map(([name, entry]) => [name, entry.value]));
  const envSources = Object.fromEntries(Object.entries(workers).map(([name, entry]) => [name, entry.source]));
  const off = values.telemetry === false;
  const notes: string[] = off
    ? idleNotes(values)
    : [...applyOtel(input, env, (name) => envSources[name]), ...scrapeNotes(values, input, env)];
  const { preset } = values;
  if (isPreset(preset) && !off) notes.push(...missingFor(preset, { ...input.environment, ...env }));
  notes.unshift(...unknownNotes(input));
  return { values: values as OptionValues, sources: sources as Resolved['sources'], env, envSources, notes };
}

/** One option before the rest is known: the loader needs the paths of the files to read. */
export function peek(row: OptionRow, input: LayerInput): { value: unknown; source: Source } | undefined {
  const found = find(row, input);
  return found && { value: parse(row, found), source: found.source };
}

/** The same by name. */
export function peekOption<N extends OptionName>(
  name: N,
  input: LayerInput,
): { value: NonNullable<OptionValues[N]>; source: Source } | undefined {
  const row = ROWS.find((one) => one.name === name);
  const found = row && peek(row, input);
  return found && { ...found, value: found.value as NonNullable<OptionValues[N]> };
}

function find(row: OptionRow, input: LayerInput): Found | undefined {
  const { base, environment, envFile } = input;
  const flag = input.flags[row.name];
  if (flag !== undefined) return { raw: flag, source: { layer: 'flag', name: `--${row.name}` }, base };
  for (const name of envNamesOf(row)) {
    const raw = environment[name];
    if (raw) return { raw, source: { layer: 'environment', name }, base };
  }
  for (const name of envFile ? envNamesOf(row) : []) {
    const raw = envFile?.vars[name];
    if (raw) return { raw, source: { layer: 'env-file', name: `${name} in ${envFile?.path}` }, base };
  }
  const keyed = findKeyed(row, 'code', input.code) ?? findKeyed(row, 'file', input.file);
  if (keyed) return keyed;
  const preset = row.name === 'preset' ? undefined : presetOf(input);
  const own = preset && presetOptions(preset)[row.name];
  if (own !== undefined) return { raw: own, source: { layer: 'preset', name: `--preset ${preset}` }, base };
  return row.default === undefined
    ? undefined
    : { raw: row.default, source: { layer: 'default', name: 'default' }, base };
}

/** Looked up once: it is asked for at each row, which V8 found worth its optimizing compiler, 5 MB of a primary on Node 22. */
const PRESET = ROWS.find(({ name }) => name === 'preset');

/** What is none of them is refused where its own row is read. */
function presetOf(input: LayerInput): PresetName | undefined {
  const raw = PRESET && find(PRESET, input)?.raw;
  return isPreset(raw) ? raw : undefined;
}

/** A telemetry option can stand in the `env` map too, under its OTEL_* name. */
function findKeyed(row: OptionRow, layer: Layer, keyed: KeyedLayer | undefined): Found | undefined {
  if (!keyed) return undefined;
  const key = fileKeyOf(row);
  const raw = keyed.values[key];
  if (raw !== undefined)
    return { raw, source: { layer, name: `${keyed.names?.[key] ?? key} in ${keyed.label}` }, base: keyed.base };
  const name = envNameOf(row);
  const inEnv = row.otel ? keyed.env[name] : undefined;
  return inEnv ? { raw: inEnv, source: { layer, name: `env.${name} in ${keyed.label}` }, base: keyed.base } : undefined;
}

const CODES = {
  flag: 'BAD_FLAG',
  environment: 'ENV_INVALID',
  'env-file': 'ENV_INVALID',
  code: 'CONFIG_INVALID',
  file: 'CONFIG_INVALID',
  preset: 'INTERNAL',
  default: 'INTERNAL',
} as const satisfies Record<Layer, string>;

function parse(row: OptionRow, { raw, source, base }: Found): unknown {
  const kind: (typeof KINDS)[Kind] = KINDS[row.kind];
  const choices = row.choices ?? [];
  const value = kind.parse(raw, { base, choices });
  if (value !== undefined) return value;
  const shown = row.secret ? 'is malformed' : `is ${JSON.stringify(raw)}`;
  const meant = isScalar(raw) ? kind.meant?.(String(raw), choices) : undefined;
  const fix =
    meant === undefined ? {} : { fix: row.choices ? `Did you mean ${meant}?` : `Give it its unit: ${meant}.` };
  throw new KfError(CODES[source.layer], `${source.name} ${shown}`, `expected ${kind.expects(choices)}`, fix);
}

/** The value of an option as it could be typed. */
export function show(row: OptionRow, value: unknown): string {
  const kind = KINDS[row.kind] as { show(value: KindValues[Kind]): string };
  return kind.show(value as KindValues[Kind]);
}

interface EnvEntry {
  readonly value: string;
  readonly source: Source;
}

/**
 * What workers get on top. The files give way to what the environment has already; a flag does not.
 * Our own KF_CLUSTER_* are for the primary: a worker that starts another cluster must not inherit them.
 */
function workerEnv(
  input: LayerInput,
  values: Readonly<Record<string, unknown>>,
  sources: Readonly<Record<string, Source>>,
): Record<string, EnvEntry> {
  const { file, code, envFile } = input;
  const entries: Record<string, EnvEntry> = {};
  const add = (layer: Layer, label: string, vars: Readonly<Record<string, string>> = {}) => {
    for (const [name, value] of Object.entries(vars)) {
      if (input.environment[name] !== undefined || name.startsWith('KF_CLUSTER_')) continue;
      entries[name] = { value, source: { layer, name: `${name} in ${label}` } };
    }
  };
  const { preset, 'exporter-otlp-endpoint': endpoint } = values;
  if (isPreset(preset))
    add('preset', `--preset ${preset}`, presetVariables(preset, endpoint === undefined ? undefined : String(endpoint)));
  add('file', `${file?.label}#env`, file?.env);
  add('code', `${code?.label}#env`, code?.env);
  add('env-file', `${envFile?.path}`, envFile?.vars);
  for (const row of ROWS) {
    const source = sources[row.name];
    if (!row.otel || row.field || values[row.name] === undefined || !source || source.layer === 'environment') continue;
    entries[envNameOf(row)] = { value: show(row, values[row.name]), source };
  }
  return entries;
}

function unknownNotes({ environment, envFile, code, file }: LayerInput): string[] {
  return [
    ...unknownVariables(environment),
    ...(envFile ? unknownVariables(envFile.vars, ` in ${envFile.path}`) : []),
    ...[code, file].flatMap((keyed) => (keyed ? unknownVariables(keyed.env, ` in env of ${keyed.label}`) : [])),
  ];
}

/** What was asked of a telemetry that is off. */
function idleNotes(values: Readonly<Record<string, unknown>>): string[] {
  const asked = ['capture-logs', 'log-correlation'].filter((name) => values[name] === true);
  return asked.map((name) => `--${name} does nothing with --no-telemetry`);
}

/** Workers open no port of their own for a scraper: the primary's has the metrics of all. */
function scrapeNotes(
  values: Readonly<Record<string, unknown>>,
  { environment }: LayerInput,
  env: Readonly<Record<string, string>>,
): string[] {
  if (values['admin-port'] !== undefined) return [];
  if (!read({ ...environment, ...env }, 'OTEL_METRICS_EXPORTER').includes('prometheus')) return [];
  return ['the metrics exporter is prometheus, but nobody can scrape it: add --admin-port 9090'];
}

/** Checks the telemetry as the workers would see it, and writes what it normalized into `env`. */
function applyOtel(
  input: LayerInput,
  env: Record<string, string>,
  sourceOf: (name: string) => Source | undefined,
): readonly string[] {
  const flags = new Map(ROWS.map((row) => [envNameOf(row), flagOf(row)]));
  const origin = (name: string) => {
    const source = sourceOf(name);
    if (!source) return name;
    return source.layer === 'flag' ? `${flags.get(name)} (${name})` : source.name;
  };
  const { normalized, notes } = checkOtel({ ...input.environment, ...env }, origin);
  Object.assign(env, normalized);
  return notes;
}
