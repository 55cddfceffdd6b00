import { visible } from './visible.js';

/** Severity, least first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
type LogFormat = 'pretty' | 'json';
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Where a line goes: stderr in the product, an array in tests. */
type LogSink = (line: string) => void;

/** Writes one line a call; fields are appended as key=value (pretty) or as keys (json). */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A log whose every line carries these fields too; with `jsonOnly` every line that is JSON. */
  with(fields: Fields, how?: { readonly jsonOnly?: boolean }): Log;
}

export interface LogOptions {
  readonly format: LogFormat;
  readonly level: LogLevel;
  readonly sink: LogSink;
  /** Whether pretty lines are coloured. */
  readonly color?: boolean;
  /** What stands in front of each pretty line, e.g. `kf-cluster` or `kf-cluster worker 2`. */
  readonly label: string;
  readonly fields?: Fields;
  /** For programs: left out of pretty lines. */
  readonly jsonFields?: Fields;
  /** Wall clock; injected for tests. */
  readonly now?: () => Date;
}

export function createLog(options: LogOptions): Log {
  const least = LOG_LEVELS.indexOf(options.level);
  const render = options.format === 'json' ? renderJson : renderPretty;
  const write = (level: LogLevel, message: string, fields: Fields = {}) => {
    if (LOG_LEVELS.indexOf(level) < least) return;
    options.sink(render(options, level, message, { ...options.fields, ...fields }));
  };
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    with: (fields, { jsonOnly = false } = {}) => {
      const where = jsonOnly ? 'jsonFields' : 'fields';
      return createLog({ ...options, [where]: { ...options[where], ...fields } });
    },
  };
}

/** The log of a primary: messages go to stderr, data never does. */
export function stderrLog(config: { logFormat: LogFormat; logLevel: LogLevel; color: boolean }): Log {
  return createLog({
    format: config.logFormat,
    level: config.logLevel,
    label: 'kf-cluster',
    color: config.color,
    sink: (line) => void process.stderr.write(line),
  });
}

function renderJson(options: LogOptions, level: LogLevel, msg: string, fields: Fields): string {
  const time = (options.now?.() ?? new Date()).toISOString();
  const own = { time, level, logger: options.label, msg };
  // A field of an app takes the place of none of these.
  return `${JSON.stringify({ ...own, ...options.jsonFields, ...fields, ...own })}\n`;
}

const COLORS: Record<LogLevel, number> = { debug: 90, info: 36, warn: 33, error: 31, silent: 0 };

function renderPretty(options: LogOptions, level: LogLevel, message: string, fields: Fields): string {
  const tail = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${quote(value ?? null)}`)
    .join('');
  const severity = level === 'info' ? '' : `${level}: `;
  const label = options.color ? `\u001b[${COLORS[level]}m[${options.label}]\u001b[0m` : `[${options.label}]`;
  return `${label} ${severity}${shown(message)}${tail}\n`;
}

/** A message may hold words of others: none of its further lines may look like one of ours. */
function shown(message: string): string {
  return message
    .split('\n')
    .map((line, i) => (i === 0 || line === '' ? '' : '  ') + visible(line))
    .join('\n');
}

function quote(value: string | number | boolean | null): string {
  const text = String(value);
  return visible(/[\s"=]/.test(text) ? JSON.stringify(text) : text);
}
