import { resolve } from 'node:path';
import { nearest } from '../contract/nearest.js';
import { joinArgs } from './args.js';
import { parseBoolean } from './booleans.js';
import {
  BACKOFF_FORM,
  type BackoffRange,
  DURATION_FORM,
  durationMeant,
  formatDuration,
  parseBackoff,
  parseDuration,
} from './durations.js';
import type { HeapWanted } from './heap.js';
import { isScalar, listOf, parseArgs, parseCodes, parseOctal, parseSettings, wholeNumber } from './kind-parsers.js';
import { formatSize, parsePercent, parseSize, SIZE_FORM, shareMeant, sizeMeant } from './sizes.js';
import { MOST_WORKERS, type WorkersWanted } from './worker-count.js';

/** What a flag, a variable or a key of the config file may hold before it is parsed. */
export type Raw = string | number | boolean | readonly (string | number)[] | RawSettings;

/** An object of a config file, or of code. */
type RawSettings = Readonly<Record<string, unknown>>;

/** What each kind of option parses to. */
export interface KindValues {
  boolean: boolean;
  /** On, off, or decided by what is found. */
  'boolean-or-auto': boolean | 'auto';
  count: number;
  duration: number;
  backoff: BackoffRange;
  /** Bytes. */
  size: number;
  /** 0..1 */
  percent: number;
  port: number;
  choice: string;
  text: string;
  path: string;
  /** An absolute path, or `-` for stdout. */
  output: string;
  /** A file mode. */
  octal: number;
  paths: readonly string[];
  list: readonly string[];
  /** Exit codes. */
  codes: readonly number[];
  args: readonly string[];
  workers: WorkersWanted;
  heap: HeapWanted;
  /** An object for each name. */
  settings: Readonly<Record<string, RawSettings>>;
}

export type Kind = keyof KindValues;

/** Kinds whose flag may be given several times. */
export const REPEATABLE: ReadonlySet<Kind> = new Set<Kind>(['paths', 'list', 'codes']);

/** Kinds whose flag needs no value, and is off with `--no-` in front. */
export const SWITCHES: ReadonlySet<Kind> = new Set<Kind>(['boolean', 'boolean-or-auto']);

/** What a parser may look at beside the text. */
interface ParseContext {
  /** Absolute directory that relative paths start from. */
  readonly base: string;
  readonly choices: readonly string[];
}

interface KindRow<V> {
  /** The value, or undefined when `raw` is none of this kind. Pure. */
  parse(raw: Raw, context: ParseContext): V | undefined;
  /** What a text that is refused may have meant, as it is to be typed. */
  meant?(raw: string, choices: readonly string[]): string | undefined;
  /** As it could be typed again. */
  show(value: V): string;
  /** What was expected, for messages and docs. */
  expects(choices: readonly string[]): string;
  /** The JSON Schema of what the config file may hold. */
  schema(choices: readonly string[]): Record<string, unknown>;
}

/** As parseSize reads it: with a unit, or a number of at least seven digits. */
const SIZE_PATTERN = '(\\d+(\\.\\d+)?\\s*([kKmMgG][bB]?|[bB])|[1-9]\\d{6,}(\\.\\d+)?)';

export const KINDS: { readonly [K in Kind]: KindRow<KindValues[K]> } = {
  boolean: {
    parse: parseBoolean,
    show: String,
    expects: () => 'true or false',
    schema: () => ({ type: 'boolean' }),
  },
  'boolean-or-auto': {
    parse: (raw) => (String(raw).toLowerCase() === 'auto' ? 'auto' : parseBoolean(raw)),
    show: String,
    expects: () => 'true, false or auto',
    schema: () => ({ enum: [true, false, 'auto'] }),
  },
  count: {
    parse: (raw) => wholeNumber(raw, 0, 1_000_000),
    show: String,
    expects: () => 'a whole number from 0 to 1000000',
    schema: () => ({ type: 'integer', minimum: 0, maximum: 1_000_000 }),
  },
  duration: {
    parse: (raw) => (isScalar(raw) ? parseDuration(raw) : undefined),
    meant: durationMeant,
    show: formatDuration,
    expects: () => DURATION_FORM,
    schema: () => ({
      type: ['string', 'integer'],
      pattern: '^(0|\\d+(\\.\\d+)?\\s*(ms|s|m|h))$',
      minimum: 0,
      maximum: 0,
    }),
  },
  backoff: {
    parse: (raw) => (isScalar(raw) ? parseBackoff(raw) : undefined),
    show: ({ initialMs, maxMs }) => `${formatDuration(initialMs)}..${formatDuration(maxMs)}`,
    expects: () => BACKOFF_FORM,
    schema: () => ({ type: 'string', pattern: '^[^.]+(\\.\\d+)?[a-z]*\\.\\.[^.]+(\\.\\d+)?[a-z]*$' }),
  },
  size: {
    parse: (raw) => (isScalar(raw) ? parseSize(raw) : undefined),
    meant: sizeMeant,
    show: formatSize,
    expects: () => SIZE_FORM,
    schema: () => ({ type: ['string', 'integer'], pattern: `^${SIZE_PATTERN}$`, minimum: 1_000_000 }),
  },
  percent: {
    parse: (raw) => (isScalar(raw) ? parsePercent(raw) : undefined),
    meant: shareMeant,
    show: (value) => `${value * 100}%`,
    expects: () => 'a share with its sign such as 10%, from 0% to 100%',
    schema: () => ({ type: ['string', 'number'], pattern: '^(0|\\d+(\\.\\d+)?%)$', minimum: 0, maximum: 100 }),
  },
  port: {
    parse: (raw) => wholeNumber(raw, 0, 65_535),
    show: String,
    expects: () => 'a port, from 0 (any free one) to 65535',
    schema: () => ({ type: 'integer', minimum: 0, maximum: 65_535 }),
  },
  choice: {
    parse: (raw, { choices }) => choices.find((choice) => choice === raw),
    meant: (raw, choices) => choices.find((choice) => raw.startsWith(choice)) ?? nearest(raw, choices),
    show: String,
    expects: (choices) => `one of ${choices.join(', ')}`,
    schema: (choices) => ({ enum: choices }),
  },
  text: {
    parse: (raw) => (isScalar(raw) && String(raw) !== '' ? String(raw) : undefined),
    show: String,
    expects: () => 'a text that is not empty',
    schema: () => ({ type: ['string', 'number'] }),
  },
  path: {
    parse: (raw, { base }) => (typeof raw === 'string' && raw !== '' ? resolve(base, raw) : undefined),
    show: String,
    expects: () => 'a path',
    schema: () => ({ type: 'string', minLength: 1 }),
  },
  octal: {
    parse: parseOctal,
    show: (value) => value.toString(8).padStart(3, '0'),
    expects: () => 'three octal digits, such as 027',
    schema: () => ({ type: ['string', 'integer'], pattern: '^(0o?)?[0-7]{1,3}$' }),
  },
  output: {
    parse: (raw, { base }) =>
      raw === '-' ? raw : typeof raw === 'string' && raw !== '' ? resolve(base, raw) : undefined,
    show: String,
    expects: () => 'a path, or - for stdout',
    schema: () => ({ type: 'string', minLength: 1 }),
  },
  paths: {
    parse: (raw, { base }) => listOf(raw)?.map((path) => resolve(base, path)),
    show: (paths) => paths.join(','),
    expects: () => 'one or more paths',
    schema: () => ({ type: ['string', 'array'], items: { type: 'string', minLength: 1 } }),
  },
  list: {
    parse: listOf,
    show: (items) => items.join(','),
    expects: () => 'one or more texts, separated by commas',
    schema: () => ({ type: ['string', 'array'], items: { type: 'string', minLength: 1 } }),
  },
  codes: {
    parse: parseCodes,
    show: (codes) => codes.join(','),
    expects: () => 'exit codes from 0 to 255, separated by commas',
    schema: () => ({
      type: ['string', 'integer', 'array'],
      pattern: '^(\\d{1,3}(\\s*,\\s*\\d{1,3})*)?$',
      minimum: 0,
      maximum: 255,
      items: { type: ['string', 'integer'] },
    }),
  },
  args: {
    parse: parseArgs,
    show: (args) => joinArgs(args),
    expects: () => 'arguments as in a shell, with every quote closed',
    schema: () => ({ type: ['string', 'array'], items: { type: 'string' } }),
  },
  workers: {
    parse: (raw) => (raw === 'max' || raw === 'auto' ? raw : wholeNumber(raw, 1, MOST_WORKERS)),
    show: String,
    expects: () => `a whole number from 1 to ${MOST_WORKERS}, max or auto`,
    schema: () => ({ anyOf: [{ type: 'integer', minimum: 1, maximum: MOST_WORKERS }, { enum: ['max', 'auto'] }] }),
  },
  heap: {
    parse: (raw) => (raw === 'auto' || raw === 'off' ? raw : isScalar(raw) ? parseSize(raw) : undefined),
    meant: sizeMeant,
    show: (value) => (typeof value === 'number' ? formatSize(value) : value),
    expects: () => `auto, off or ${SIZE_FORM}`,
    schema: () => ({
      type: ['string', 'integer'],
      pattern: `^(auto|off|${SIZE_PATTERN})$`,
      minimum: 1_000_000,
    }),
  },
  settings: {
    parse: parseSettings,
    show: (value) => JSON.stringify(value),
    expects: () => 'a JSON object with an object for each name',
    schema: () => ({ type: 'object', additionalProperties: { type: 'object' } }),
  },
};
