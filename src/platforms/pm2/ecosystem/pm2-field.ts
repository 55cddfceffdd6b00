import type { Raw } from '../../../config/kinds.js';
import type { Problem } from './problem.js';

/** What becomes of a field of pm2. */
export type Treatment =
  /** It means here what it means to pm2. */
  | 'honoured'
  /** It becomes an option of ours that serves the same end by other means; `doc` says how they differ. */
  | 'mapped'
  /** Nothing: a warning that says why, with --strict an error, unless its value asks for nothing. */
  | 'ignored';

export type FieldType = 'string' | 'number' | 'boolean' | 'array' | 'object';

/** One field of an app object in a pm2 ecosystem file. One that means something says who reads it. */
export type Pm2Field = FieldRow & (IgnoredField | TakenField | FieldReadElsewhere | FieldOfNoWork);

interface IgnoredField {
  readonly treatment: Extract<Treatment, 'ignored'>;
  readonly take?: undefined;
}

interface TakenField {
  readonly treatment: Exclude<Treatment, 'ignored'>;
  /** Writes what the field means into the draft. */
  take(value: never, draft: Draft): void;
}

interface FieldReadElsewhere {
  readonly treatment: Exclude<Treatment, 'ignored'>;
  /** The file that reads it, among others or in front of them. */
  readonly readBy: string;
  readonly take?: undefined;
}

/** What it asks for is so in any case. */
interface FieldOfNoWork {
  readonly treatment: Extract<Treatment, 'honoured'>;
  readonly ours: 'nothing to do';
  readonly take?: undefined;
}

interface FieldRow {
  /** As in pm2's schema. */
  readonly name: string;
  /** Other names pm2 takes it by; the name in camel case is always one of them. */
  readonly aliases?: readonly string[];
  readonly types: readonly FieldType[];
  /** What it becomes: an option, a variable, or what acts on it. Empty when ignored. */
  readonly ours: string;
  /** What a reader has to know; the reason where it is ignored. */
  readonly doc: string;
  /** Values of an ignored field that ask for nothing. */
  readonly harmless?: readonly unknown[];
}

/** An app on its way from pm2's fields to ours. */
export interface Draft {
  /** The checked fields, by pm2's name. */
  readonly app: Readonly<Record<string, unknown>>;
  /** Absolute. */
  readonly cwd: string;
  /** Options of ours by their key in a config file. */
  readonly options: Record<string, Raw>;
  /** The whole environment of the workers. */
  readonly env: Record<string, string>;
  readonly launch: Launch;
  readonly problems: Problem[];
  /** What the start goes on without; an error with --strict. */
  readonly warnings: Problem[];
  /** What the start says beside: not wrong, but not what the file seems to ask for. */
  readonly notes: Problem[];
  /** For node, in front of `node_args`. */
  readonly nodeArgs: string[];
  /** An interpreter that is not Node, as it is written. */
  interpreter: string | undefined;
  /** A variable that counts up from its value in `env`. */
  incrementVar: string | undefined;
}

/** What stands around the supervisor of one app, and is done by the process that starts it. */
export interface Launch {
  /** The node of the supervisor and its workers; undefined: the one that runs this. */
  node?: string;
  uid?: number;
  gid?: number;
  /** Absolute files. `null`: written nowhere. Undefined: our own stdout and stderr. */
  out?: string | null;
  err?: string | null;
  /** Bytes at which its log files become `FILE.1`; no limit when undefined. */
  logMaxSize?: number;
  /** Both streams, beside the two above. */
  combined?: string;
  pidFile?: string;
  /** A date in front of each line, in the tokens of day.js. */
  dateFormat?: string;
  /** Each line as an object of JSON, as pm2 writes it. */
  json?: boolean;
  /** False: not started. */
  autostart?: boolean;
}
