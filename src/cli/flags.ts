import type { Argv } from 'yargs';
import { KINDS, type Raw, REPEATABLE, SWITCHES } from '../config/kinds.js';
import { flagOf } from '../config/option-row.js';
import { ROWS } from '../config/options.js';
import { KfError } from '../contract/errors.js';
import { nearest } from '../contract/nearest.js';
import { gunicornAnswer } from '../platforms/gunicorn/gunicorn-answer.js';

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

/** Those that take an app, and what stands after `--` for it. */
const WITH_APP = ['start', 'dev', 'config', 'doctor', 'instrument', 'smoke', 'report'];
const COMMANDS = [
  ...[...WITH_APP, 'init', 'status', 'describe', 'reload', 'restart', 'scale', 'stop', 'signal', 'logs'],
  ...['list', 'ls', 'ps', 'start-or-reload', 'bootstrap', 'mcp', 'completion'],
];
/** A hint that is followed without a thought must not end or change what runs. */
const HARMFUL = new Set(['stop', 'restart', 'reload', 'scale', 'signal']);

/** What a command does nothing without, and how it is given. */
const NEEDED: ReadonlyMap<string, readonly [what: string, example: string]> = new Map([
  ['describe', ["a worker's slot", 'describe 0']],
  ['scale', ['a number of workers', 'scale 4, or scale +1']],
  ['signal', ['a signal', 'signal USR2']],
  ['init', ['to know what to make', 'init systemd app.js']],
]);

/** What yargs says of wrong usage, as an error of the table. */
export function usageError(message: string, args: readonly string[]): KfError {
  const command = args.find((arg) => COMMANDS.includes(arg));
  const fix = command === undefined ? 'See kf-cluster --help' : `See kf-cluster ${command} --help`;
  const unknown = /^Unknown (?:arguments?|commands?): ([^,]+)/.exec(message)?.[1];
  if (unknown !== undefined) {
    // Of --no-x yargs knows only x.
    const flag = args
      .filter((arg) => arg.startsWith('-'))
      .map((arg) => arg.replace(/^-+/, '').split('=')[0])
      .find((name) => name === unknown || name === `no-${unknown}`);
    if (flag !== undefined) return unknownFlag(flag, command, fix);
    return command === undefined ? unknownCommand(unknown) : extraArgument(unknown, command, fix);
  }
  const lacking = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (lacking !== undefined) return new KfError('BAD_FLAG', `${dashed(lacking)} has no value`, 'it needs one', { fix });
  const needed = message.startsWith('Not enough non-option arguments') ? NEEDED.get(command ?? '') : undefined;
  if (needed) {
    const [what, example] = needed;
    return new KfError('BAD_FLAG', `${command} needs ${what}`, 'none was given', { fix: `kf-cluster ${example}` });
  }
  const [line = ''] = message.split('\n');
  return new KfError('BAD_FLAG', line, 'the command line is not understood', { fix });
}

function unknownFlag(name: string, command: string | undefined, fix: string): KfError {
  const ofStart = ROWS.find((row) => [row.name, row.alias, flagOf(row).slice(2)].includes(name));
  if (ofStart && command !== undefined) {
    return new KfError('UNKNOWN_FLAG', `${dashed(name)} is no flag of ${command}`, 'it is one of start', { fix });
  }
  const known = gunicornAnswer(name);
  if (known) return known;
  const near = nearest(name, [...ROWS.flatMap((row) => [row.name, flagOf(row).slice(2)]), 'help', 'version', 'json']);
  return new KfError('UNKNOWN_FLAG', `unknown flag ${dashed(name)}`, 'no option has that name', {
    fix: near === undefined || name.length === 1 ? fix : `Did you mean --${near}?`,
  });
}

function unknownCommand(name: string): KfError {
  const near = nearest(
    name,
    COMMANDS.filter((command) => !HARMFUL.has(command)),
  );
  return new KfError('UNKNOWN_FLAG', `unknown command ${name}`, `the commands are ${COMMANDS.join(', ')}`, {
    fix: near === undefined ? 'See kf-cluster --help' : `Did you mean kf-cluster ${near}?`,
  });
}

function extraArgument(name: string, command: string, fix: string): KfError {
  const isForApp = WITH_APP.includes(command);
  const why = isForApp
    ? 'arguments for the app stand after --; each app is a start of its own'
    : `${command} takes no more`;
  return new KfError('UNKNOWN_FLAG', `unexpected argument ${name}`, why, {
    fix: isForApp ? `kf-cluster ${command} app.js -- ${name}` : fix,
  });
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
