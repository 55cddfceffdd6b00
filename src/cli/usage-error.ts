import { flagOf } from '../config/option-row.js';
import { ROWS } from '../config/options.js';
import { KfError } from '../contract/errors.js';
import { nearest } from '../contract/nearest.js';
import { gunicornAnswer } from '../platforms/gunicorn/gunicorn-answer.js';

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
    if (flag !== undefined) return unknownFlag(flag, command, fix, args);
    return command === undefined ? unknownCommand(unknown) : extraArgument(unknown, command, fix, args);
  }
  const lacking = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (lacking !== undefined) return withoutValue(lacking, args, fix);
  const needed = message.startsWith('Not enough non-option arguments') ? NEEDED.get(command ?? '') : undefined;
  if (needed) {
    const [what, example] = needed;
    return new KfError('BAD_FLAG', `${command} needs ${what}`, 'none was given', { fix: `kf-cluster ${example}` });
  }
  const [line = ''] = message.split('\n');
  return new KfError('BAD_FLAG', line, 'the command line is not understood', { fix });
}

/** An app that is missing, with the command that was typed as the one to type again. */
export function withoutApp(error: unknown, args: readonly string[]): unknown {
  const command = args.find((arg) => COMMANDS.includes(arg));
  if (!(error instanceof KfError) || error.code !== 'SCRIPT_MISSING' || command === undefined) return error;
  const words = command === 'init' ? `init ${args[args.indexOf('init') + 1]}` : command;
  const fix = `Name the app: kf-cluster ${words} app.js`;
  return command === 'start-or-reload' ? error : new KfError(error.code, error.message, error.why, { fix });
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

function unknownFlag(name: string, command: string | undefined, fix: string, args: readonly string[]): KfError {
  const ofStart = rowOf(name);
  if (ofStart && command !== undefined) {
    return new KfError('UNKNOWN_FLAG', `${dashed(name)} is no flag of ${command}`, 'it is one of start', { fix });
  }
  if (ofStart) {
    const start = `kf-cluster start ${args.every(isPlain) ? args.join(' ') : `app.js ${dashed(name)} ...`}`;
    return new KfError('UNKNOWN_FLAG', `${dashed(name)} without a command`, 'it is a flag of start', { fix: start });
  }
  const forApp = `kf-cluster ${command} app.js -- ${dashed(name)} ...`;
  const known = gunicornAnswer(name) ?? (isWithApp(command) ? appsOwn(name, command, forApp) : undefined);
  if (known) return known;
  const near = nearest(name, [...ROWS.flatMap((row) => [row.name, flagOf(row).slice(2)]), 'help', 'version', 'json']);
  const own = isWithApp(command) ? `${fix}; one of the app stands behind --: ${forApp}` : fix;
  return new KfError('UNKNOWN_FLAG', `unknown flag ${dashed(name)}`, 'no option has that name', {
    fix: near === undefined || name.length === 1 ? own : `Did you mean --${near}?`,
  });
}

const ADDRESSES = new Set(['port', 'host', 'hostname', 'address', 'listen', 'H']);

/** What is not for us: where the app listens, and how its Node runs. */
function appsOwn(name: string, command: string, forApp: string): KfError | undefined {
  if (ADDRESSES.has(name)) {
    const variable = name === 'port' || name === 'listen' ? 'PORT=8080' : 'HOST=0.0.0.0';
    const fix = `${variable} kf-cluster ${command} app.js, where the app reads it; or, where it has a flag: ${forApp}`;
    const why = 'the app calls listen() itself, on what it reads, and its workers share it';
    return new KfError('UNKNOWN_FLAG', `${dashed(name)} is no flag of ${command}`, why, { fix });
  }
  if (!process.allowedNodeEnvironmentFlags.has(dashed(name))) return undefined;
  const fix = `kf-cluster ${command} app.js --node-args="${dashed(name)} ..."`;
  return new KfError('UNKNOWN_FLAG', `${dashed(name)} is a flag of node`, 'the workers get them in one text', { fix });
}

/** What begins with a dash is a flag to the parser, also where it was meant as the value: `--node-args '-r ./a.js'`. */
function withoutValue(name: string, args: readonly string[], fix: string): KfError {
  const what = `${dashed(name)} has no value`;
  const next = args[args.indexOf(dashed(name)) + 1];
  const word = next?.replace(/^-+/, '').split(/[ =]/, 1)[0];
  if (!next?.startsWith('-') || next === '--' || word === undefined || rowOf(word)) {
    return new KfError('BAD_FLAG', what, 'it needs one', { fix });
  }
  const value = isPlain(next) ? next : `'${next.replaceAll("'", "'\\''")}'`;
  const why = `what follows it begins with a dash, so it is taken as a flag: ${next}`;
  return new KfError('BAD_FLAG', what, why, { fix: `Write both in one: ${dashed(name)}=${value}` });
}

function rowOf(name: string) {
  return ROWS.find((row) => [row.name, row.alias, flagOf(row).slice(2)].includes(name));
}

function unknownCommand(name: string): KfError {
  const near = nearest(
    name,
    COMMANDS.filter((command) => !HARMFUL.has(command)),
  );
  const isFile = /[./]/.test(name) && isPlain(name);
  const likely = isFile ? `kf-cluster start ${name}` : `Did you mean kf-cluster ${near}?`;
  return new KfError('UNKNOWN_FLAG', `unknown command ${name}`, `the commands are ${COMMANDS.join(', ')}`, {
    fix: near === undefined && !isFile ? 'See kf-cluster --help' : likely,
  });
}

const MANAGERS = new Set(['npm', 'pnpm', 'yarn', 'npx']);

function extraArgument(name: string, command: string, fix: string, args: readonly string[]): KfError {
  const what = `unexpected argument ${name}`;
  if (!isWithApp(command)) return new KfError('UNKNOWN_FLAG', what, `${command} takes no more`, { fix });
  const after = args[args.indexOf(command) + 1] ?? '';
  const script = isPlain(after) && !after.startsWith('-') && after !== name ? after : 'app.js';
  if (script === 'node') {
    const why = 'node is what runs the app, and needs no word';
    return new KfError('UNKNOWN_FLAG', what, why, { fix: `kf-cluster ${command} ${name}` });
  }
  const why = MANAGERS.has(script)
    ? `what belongs to ${script} stands after --`
    : 'arguments for the app stand after --; each app is a start of its own';
  return new KfError('UNKNOWN_FLAG', what, why, { fix: `kf-cluster ${command} ${script} -- ${name}` });
}

function isWithApp(command: string | undefined): command is string {
  return command !== undefined && WITH_APP.includes(command);
}

/** A word that a shell takes as it is. */
function isPlain(word: string): boolean {
  return /^[\w./:=,@%+-]+$/.test(word);
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
