import type { OptionRow } from '../config/option-row.js';
import { ROWS } from '../config/options.js';
import { OTLP_PROTOCOLS } from '../contract/otlp-protocols.js';
import { isKeyOf } from '../contract/table-keys.js';
import { ALIASES, type CommandName } from './command-names.js';

/** What can stand at the end of a command line. */
export interface Candidates {
  readonly values: readonly string[];
  /** Or the name of a file. */
  readonly files: boolean;
}

/** What only the machine and the command line's own parser know. */
export interface CompletionSources {
  readonly commands: readonly string[];
  /** Of a command, with their dashes. */
  flags(command: string): Promise<readonly string[]>;
  /** Supervisors of this user. */
  running(): Promise<readonly string[]>;
  /** Apps of an ecosystem file. */
  apps(file: string): Promise<readonly string[]>;
}

const SHELLS = ['bash', 'zsh', 'fish'];
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'];
const INIT = ['pm2', 'systemd', 'docker', 'kubernetes', 'collector', 'config'];
/** What stands at each place behind these commands; the last one may stand there again. */
type Place = 'running' | 'file' | readonly string[];
const PLACES: Readonly<Record<CommandName, readonly Place[]>> = {
  ...{ start: ['file'], 'start-or-reload': ['file'], dev: ['file'], config: ['file'], init: [INIT, 'file'] },
  completion: [SHELLS],
  ...{ status: ['running'], list: ['running'], logs: ['running'], reload: ['running'], stop: ['running'] },
  ...{ restart: ['running'], describe: ['running'], scale: [[], 'running'], signal: [SIGNALS, 'running'] },
  ...{ mcp: ['file'], doctor: ['file'], bootstrap: [], instrument: ['file'], smoke: ['file'], report: ['file'] },
};

/** @param command may be an alias; what is none of ours has files behind it */
function placesOf(command: string): readonly Place[] {
  const name = isKeyOf(ALIASES, command) ? ALIASES[command] : command;
  return isKeyOf(PLACES, name) ? PLACES[name] : ['file'];
}

const NONE: Candidates = { values: [], files: false };
const FILES: Candidates = { values: [], files: true };

/**
 * What may stand for the last of these words, which may be empty. Everything behind `--` is the app's.
 *
 * @param words behind `kf-cluster`
 */
export async function complete(words: readonly string[], sources: CompletionSources): Promise<Candidates> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  if (before.includes('--')) return FILES;
  const [flag, inline] = splitFlag(current);
  if (inline !== undefined) {
    const { values, files } = await valuesOf(flag, before, sources);
    return startingWith(current, { values: values.map((value) => `${flag}=${value}`), files });
  }
  const last = before.at(-1);
  if (last?.startsWith('-') && takesValue(last)) return startingWith(current, await valuesOf(last, before, sources));
  if (before.length === 0)
    return startingWith(current, { values: [...sources.commands, '--help', '--version'], files: false });
  if (current.startsWith('-'))
    return startingWith(current, { values: await sources.flags(before[0] ?? ''), files: false });
  return startingWith(current, await placeOf(before, sources));
}

function startingWith(current: string, { values, files }: Candidates): Candidates {
  return { values: [...new Set(values)].filter((value) => value.startsWith(current)), files };
}

function splitFlag(word: string): readonly [flag: string, inline: string | undefined] {
  const equals = word.indexOf('=');
  return word.startsWith('--') && equals > 0 ? [word.slice(0, equals), word.slice(equals + 1)] : [word, undefined];
}

function rowOf(flag: string): OptionRow | undefined {
  const name = flag.replace(/^--?/, '');
  return ROWS.find((row: OptionRow) => (flag.startsWith('--') ? row.name === name : row.alias === name));
}

/** Flags of single commands that have a value; the rest of theirs have none. */
const OF_COMMANDS: Readonly<Record<string, Place>> = {
  ...{ '--only': [], '--env': [], '--worker': [], '--since': ['5m', '1h', '24h'], '--lines': ['50', '100'] },
  ...{ '--from': 'file', '--target': ['agent', 'direct'] },
};

function takesValue(flag: string): boolean {
  const row = rowOf(flag);
  return row === undefined ? Object.hasOwn(OF_COMMANDS, flag) : row.kind !== 'boolean';
}

async function valuesOf(flag: string, before: readonly string[], sources: CompletionSources): Promise<Candidates> {
  const [command = ''] = before;
  const isTarget = placesOf(command).includes('running');
  if (isTarget && ['--name', '-n'].includes(flag)) return { values: await sources.running(), files: false };
  if (flag === '--only') return { values: await appsOf(before, sources), files: false };
  const row = rowOf(flag);
  if (row === undefined) return atPlace(OF_COMMANDS[flag] ?? [], sources);
  switch (row.kind) {
    case 'choice':
      return { values: row.choices ?? [], files: false };
    case 'workers':
      return { values: ['max', 'auto', '1', '2', '4'], files: false };
    case 'heap':
      return { values: ['auto', 'off'], files: false };
    case 'output':
      return { values: ['-'], files: true };
    case 'path':
    case 'paths':
      return FILES;
    default:
      return { values: OF_TEXTS[row.name] ?? NONE.values, files: false };
  }
}

const EXPORTERS = ['otlp', 'console', 'none'];
const RATIO = ['always_on', 'always_off', 'traceidratio'];
/** What options that take other texts too, such as a list of these, are often given. */
const OF_TEXTS: Readonly<Record<string, readonly string[]>> = {
  'access-log-format': ['combined', 'common', 'traced', 'json'],
  'exporter-otlp-protocol': Object.keys(OTLP_PROTOCOLS),
  ...{ 'traces-exporter': EXPORTERS, 'logs-exporter': EXPORTERS, 'metrics-exporter': [...EXPORTERS, 'prometheus'] },
  'traces-sampler': [...RATIO.map((name) => `parentbased_${name}`), ...RATIO],
};

async function appsOf(before: readonly string[], { apps, running }: CompletionSources): Promise<readonly string[]> {
  const file = before.slice(1).find((word) => /\.(c?js|mjs|json5?|ya?ml|ts)$/.test(word));
  return file === undefined ? running() : apps(file);
}

/** What has no dash counts as a place, unless it is the value of a flag. */
async function placeOf([command = '', ...rest]: readonly string[], sources: CompletionSources): Promise<Candidates> {
  const places = placesOf(command);
  const taken = rest.filter((word, i) => !word.startsWith('-') && !takesValue(rest[i - 1] ?? '')).length;
  return atPlace(places[Math.min(taken, places.length - 1)] ?? [], sources);
}

async function atPlace(place: Place, { running }: CompletionSources): Promise<Candidates> {
  if (place === 'file') return FILES;
  return { values: place === 'running' ? await running() : place, files: false };
}
