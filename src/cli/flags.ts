import type { Argv } from 'yargs';
import type { Raw } from '../config/kinds.js';
import { nearest } from '../config/nearest.js';
import { flagOf } from '../config/option-row.js';
import { ROWS } from '../config/options.js';
import { KfError } from '../errors.js';

/** Declares every option of the table to yargs. Values stay texts: the one parser for all layers is resolve's. */
export function declareFlags(yargs: Argv): Argv {
  for (const row of ROWS) {
    const boolean = row.kind === 'boolean';
    const type = boolean ? 'boolean' : row.kind === 'paths' ? 'array' : 'string';
    const unit = row.unit ?? (row.kind === 'duration' ? 'duration' : row.choices?.join('|'));
    const negated = flagOf(row).startsWith('--no-');
    yargs.option(row.name, {
      ...(row.alias ? { alias: row.alias } : {}),
      ...(type === 'array' ? { array: true, string: true } : { type }),
      ...(boolean ? {} : { requiresArg: true }),
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
    const raw = argv[row.name] as Raw | undefined;
    if (raw === undefined) continue;
    given[row.name] = Array.isArray(raw) && row.kind !== 'paths' ? raw.at(-1) : raw;
  }
  return given;
}

/** `--service_name` is `--service-name`; what stands after `--` belongs to the app. */
export function normalizeArgv(argv: readonly string[]): string[] {
  const known = new Set(ROWS.flatMap((row) => [row.name, `no-${row.name}`]));
  const end = argv.indexOf('--');
  return argv.map((arg, i) => {
    const match = end !== -1 && i > end ? null : /^--([a-z_-]+)(=.*)?$/s.exec(arg);
    const name = match?.[1]!.replaceAll('_', '-');
    return name !== undefined && known.has(name) ? `--${name}${match?.[2] ?? ''}` : arg;
  });
}

/** What yargs says of wrong usage, as an error of the table. */
export function usageError(message: string, command: string): KfError {
  const fix = `See kf-cluster ${command} --help`.replace('  ', ' ');
  const unknown = /^Unknown (?:arguments?|commands?): ([^,]+)/.exec(message)?.[1];
  if (unknown !== undefined) return unknownArgument(unknown, fix);
  const lacking = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (lacking !== undefined) return new KfError('BAD_FLAG', `${dashed(lacking)} has no value`, 'it needs one', { fix });
  return new KfError('BAD_FLAG', message.split('\n')[0] ?? 'wrong usage', 'the command line is not understood', {
    fix,
  });
}

function unknownArgument(name: string, fix: string): KfError {
  const positional = !process.argv.some((arg) => arg.replace(/^-+/, '').split('=')[0] === name && arg.startsWith('-'));
  if (positional) {
    return new KfError('UNKNOWN_FLAG', `unexpected argument ${name}`, 'arguments for the app stand after --', {
      fix: `kf-cluster start app.js -- ${name}`,
    });
  }
  const near = nearest(name, [...ROWS.flatMap((row) => [row.name, flagOf(row).slice(2)]), 'help', 'version', 'json']);
  return new KfError('UNKNOWN_FLAG', `unknown flag ${dashed(name)}`, 'no option has that name', {
    fix: near === undefined ? fix : `Did you mean --${near}?`,
  });
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
