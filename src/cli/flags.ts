import type { Argv } from 'yargs';
import { KINDS, type Raw, REPEATABLE, SWITCHES } from '../config/kinds.js';
import { flagOf } from '../config/option-row.js';
import { ROWS } from '../config/options.js';
import { KfError } from '../contract/errors.js';

/** Declares every option of the table to yargs. Values stay texts: the one parser for all layers is resolve's.
 * Without `shown` they are accepted but left out of help. */
export function declareFlags(yargs: Argv, shown: boolean): Argv {
  for (const row of ROWS) {
    const boolean = row.kind === 'boolean';
    const valued = !SWITCHES.has(row.kind);
    const type = boolean ? 'boolean' : REPEATABLE.has(row.kind) ? 'array' : 'string';
    const unit = row.unit ?? (row.kind === 'duration' ? 'duration' : row.choices?.join('|'));
    const negated = flagOf(row).startsWith('--no-');
    yargs.option(row.name, {
      ...(row.alias ? { alias: row.alias } : {}),
      ...(type === 'array' ? { array: true, string: true } : { type }),
      ...(valued && { requiresArg: true }),
      hidden: !shown,
      group: `${row.group}:`,
      describe: `${negated ? `(${flagOf(row)}) ` : unit ? `<${unit}> ` : ''}${row.doc}`,
      defaultDescription: row.default || undefined,
    });
  }
  return yargs;
}

/** What was given, by option name. Of a flag given twice the last counts, unless it is a list. */
export function givenFlags(argv: Readonly<Record<string, unknown>>): Record<string, Raw> {
  const given: Record<string, Raw> = {};
  for (const row of ROWS) {
    const raw = argv[row.name];
    if (raw === undefined) continue;
    given[row.name] = Array.isArray(raw) && !REPEATABLE.has(row.kind) ? raw.at(-1) : raw;
  }
  return given;
}

/**
 * `--service_name` is `--service-name`, and `--telemetry=off` is `--no-telemetry`, which yargs would take for
 * `--telemetry=false` as it would any word but true. What stands after `--` belongs to the app.
 * @throws KfError BAD_FLAG for a boolean flag with another value
 */
export function normalizeArgv(argv: readonly string[]): string[] {
  const known = new Set(ROWS.flatMap((row) => [row.name, `no-${row.name}`]));
  const switches = new Set<string>([...ROWS.filter(isSwitch).map((row) => row.name), ...COMMAND_SWITCHES]);
  const end = argv.indexOf('--');
  return argv.map((arg, i) => {
    const match = end !== -1 && i > end ? null : /^--([a-z_-]+)(?:=(.*))?$/s.exec(arg);
    const name = match?.[1]?.replaceAll('_', '-');
    if (!match || name === undefined) return arg;
    const value = match[2];
    const base = name.replace(/^no-/, '');
    if (OR_AUTO.has(name) && value?.toLowerCase() === 'auto') return `--${name}=auto`;
    if (value !== undefined && switches.has(base)) return switchOf(name, base, value);
    return known.has(name) ? `--${name}${value === undefined ? '' : `=${value}`}` : arg;
  });
}

/** Boolean flags of single commands. */
const COMMAND_SWITCHES = [
  'json',
  'force',
  'dry-run',
  'follow',
  'reopen',
  'strict',
  'offline',
  'logs',
  'page',
  'listen-only',
];

function isSwitch({ kind }: (typeof ROWS)[number]): boolean {
  return SWITCHES.has(kind);
}

const OR_AUTO = new Set<string>(ROWS.filter(({ kind }) => kind === 'boolean-or-auto').map(({ name }) => name));

/** yargs knows no flag that may have a value and may have none: the argument behind one would be its value. */
export function withValues(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((arg, i) => (i < end && OR_AUTO.has(arg.slice(2)) && arg.startsWith('--') ? `${arg}=true` : arg));
}

function switchOf(name: string, base: string, value: string): string {
  const on = KINDS.boolean.parse(value, { base: '', choices: [] });
  if (on === undefined) {
    throw new KfError(
      'BAD_FLAG',
      `--${name} is ${JSON.stringify(value)}`,
      `expected true, yes, on or 1, false, no, off or 0${OR_AUTO.has(base) ? ', or auto' : ''}`,
      {
        fix: OR_AUTO.has(base)
          ? `Write --${base} or --no-${base}, or --${base}=auto.`
          : `Write --${base} or --no-${base}.`,
      },
    );
  }
  return on === (name === base) ? `--${base}` : `--no-${base}`;
}
