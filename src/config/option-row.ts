import { type Kind, SWITCHES } from './kinds.js';

/** One option. Everything else (flag, variable, key of the file, help, docs, schema) follows from its row. */
export interface OptionRow {
  /** The flag without its dashes; gives the variable and the key of the config file by rule (see names below). */
  readonly name: string;
  readonly kind: Kind;
  readonly group: Group;
  readonly doc: string;
  readonly alias?: string;
  readonly choices?: readonly string[];
  /** As it would be typed. */
  readonly default?: string;
  /** What stands for the value in `--help`. */
  readonly unit?: string;
  /** The field of Config that its parsed value is, as it is. */
  readonly field?: string;
  /** Who else starts with that field, beside the supervisor. */
  readonly sentTo?: readonly Receiver[];
  /** The supervisor itself was started with it: it is one process from its start to its end, and a reload leaves it. */
  readonly fixed?: true;
  /** Its variable is OTEL_* and, unless it has a field, its value goes into every worker's environment. */
  readonly otel?: true;
  /** A second variable that others define, looked at after its own. */
  readonly alsoEnv?: string;
  /** False where a config file cannot say it, because it is needed to find that file. */
  readonly file?: false;
  /** The value is never shown. */
  readonly secret?: true;
}

/** `single`: a process with telemetry and no supervisor, which reads its environment by itself. */
export type Receiver = 'worker' | 'flush-process' | 'single';

export const GROUPS = [
  'Workers',
  'Files',
  'Restarts',
  'Reload',
  'Recycling',
  'Stopping',
  'Logs',
  'HTTP',
  'Control',
  'Telemetry',
] as const;
type Group = (typeof GROUPS)[number];

/** The ONE rule: upper case, underscores, and OTEL_ for telemetry or KF_CLUSTER_ for the rest. */
export function envNameOf(row: Pick<OptionRow, 'name' | 'otel'>): string {
  return `${row.otel ? 'OTEL' : 'KF_CLUSTER'}_${row.name.toUpperCase().replaceAll('-', '_')}`;
}

/** All variables an option reads, the first set one wins. */
export function envNamesOf(row: Pick<OptionRow, 'name' | 'otel' | 'alsoEnv'>): readonly string[] {
  return row.alsoEnv ? [envNameOf(row), row.alsoEnv] : [envNameOf(row)];
}

/** `boot-timeout` is `bootTimeout` in a config file. */
export function fileKeyOf(row: Pick<OptionRow, 'name'>): string {
  return row.name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The flag as typed; an option that is on by default is shown by what turns it off. */
export function flagOf(row: Pick<OptionRow, 'name' | 'kind' | 'default'>): string {
  return SWITCHES.has(row.kind) && row.default === 'true' ? `--no-${row.name}` : `--${row.name}`;
}
