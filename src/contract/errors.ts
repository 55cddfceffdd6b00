import { isSystemError, systemFix } from './system-error.js';

/** The process exit codes, after sysexits(3) where one fits. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notRunning: 3,
  unknownName: 4,
  unreachable: 69,
  crashLoop: 70,
  taken: 73,
  busy: 75,
  config: 78,
  forcedByInt: 130,
  forcedByTerm: 143,
} as const;

/** One row of the error table: the exit code and the default way to mend it. */
interface ErrorRow {
  readonly exit: number;
  /** What to do when the thrower has nothing more precise to say. */
  readonly fix: string;
}

/** Every error kf-cluster reports on purpose. Codes are stable; texts may improve. Keep sorted by topic. */
const ERRORS = {
  // the script
  SCRIPT_MISSING: { exit: EXIT.usage, fix: 'Name the app: kf-cluster start app.js' },
  SCRIPT_NOT_FOUND: { exit: EXIT.usage, fix: 'Check the path; it is resolved against --cwd.' },
  SCRIPT_IS_COMMAND: { exit: EXIT.usage, fix: 'Name the file that it runs: kf-cluster start FILE' },
  SCRIPT_IS_DIRECTORY: { exit: EXIT.usage, fix: 'Name a file, or give the directory a package.json with "main".' },
  SCRIPT_NOT_READABLE: { exit: EXIT.usage, fix: 'Give this user read permission: chmod u+r FILE' },
  SCRIPT_NEEDS_LOADER: { exit: EXIT.usage, fix: 'Add --node-args="--import tsx" (npm i -D tsx), or compile it first.' },
  // options and configuration
  UNKNOWN_FLAG: { exit: EXIT.usage, fix: 'See kf-cluster start --help' },
  BAD_FLAG: { exit: EXIT.usage, fix: 'See kf-cluster start --help' },
  CONFIG_NOT_FOUND: { exit: EXIT.config, fix: 'Check the path given with --config.' },
  CONFIG_UNREADABLE: { exit: EXIT.config, fix: 'Mend the file named above.' },
  CONFIG_INVALID: { exit: EXIT.config, fix: 'Correct the keys named above; see docs/CONFIGURATION.md' },
  ENV_INVALID: { exit: EXIT.config, fix: 'Correct or unset the variable named above.' },
  ENV_FILE: { exit: EXIT.config, fix: 'Check the path given with --env-file.' },
  HEADERS_FILE: { exit: EXIT.config, fix: 'One header a line: name=value' },
  // hooks
  HOOKS_NOT_FOUND: { exit: EXIT.config, fix: 'Check the path given with --hooks.' },
  HOOKS_UNREADABLE: { exit: EXIT.config, fix: 'Mend the hooks file named above.' },
  HOOKS_INVALID: { exit: EXIT.config, fix: 'Export only hook names; see docs/HOOKS.md' },
  HOOK_FAILED: { exit: EXIT.failure, fix: 'Mend the hook named above.' },
  // telemetry
  OTEL_INVALID: { exit: EXIT.config, fix: 'Correct the OTEL_* variable or flag named above; see docs/TELEMETRY.md' },
  NOT_TRACED: { exit: EXIT.failure, fix: 'kf-cluster doctor says more.' },
  PROVIDER_IN_PRIMARY: { exit: EXIT.config, fix: 'Move the set-up into postFork; see docs/FORK_SAFETY.md' },
  // running
  NODE_TOO_OLD: { exit: EXIT.usage, fix: 'Use Node 20.19 or newer.' },
  FIRST_GENERATION_FAILED: { exit: EXIT.crashLoop, fix: 'Mend the error of the app shown above, then start again.' },
  CRASH_LOOP: { exit: EXIT.crashLoop, fix: 'Mend the error of the app shown above; see --max-restarts.' },
  NOT_ROOT: { exit: EXIT.config, fix: 'Start it as root, or as that user and without --user and --group.' },
  NO_SUCH_USER: { exit: EXIT.config, fix: 'Name an account or a group of this machine, by its name or number.' },
  APP_FAILED: { exit: EXIT.failure, fix: 'Mend the error of the app shown above, then start again.' },
  FORK_FAILED: { exit: EXIT.crashLoop, fix: 'See the error of the system above.' },
  BUILD_MISMATCH: { exit: EXIT.failure, fix: 'Stop the supervisor and start it again; see docs/UPGRADE.md' },
  PORT_IN_USE: { exit: EXIT.failure, fix: 'Stop the process that listens there, or choose another port.' },
  RELOAD_FAILED: { exit: EXIT.failure, fix: 'Mend the error shown above, then reload again.' },
  REFUSED: { exit: EXIT.failure, fix: 'Try again when what is under way has ended.' },
  BAD_CALL: { exit: EXIT.failure, fix: 'See the doc comments of cluster.setup().' },
  // control
  NAME_IN_USE: { exit: EXIT.taken, fix: 'Stop the other one, or give this one a name of its own with --name.' },
  PIDFILE_IN_USE: { exit: EXIT.taken, fix: 'Stop the other one, or choose another --pidfile.' },
  PIDFILE: { exit: EXIT.config, fix: 'Choose another --pidfile.' },
  NOT_RUNNING: { exit: EXIT.notRunning, fix: 'Start one: kf-cluster start app.js' },
  UNKNOWN_NAME: { exit: EXIT.unknownName, fix: 'See kf-cluster list' },
  WHICH_ONE: { exit: EXIT.usage, fix: 'Name one behind the command or with --name; kf-cluster list shows all.' },
  UNREACHABLE: {
    exit: EXIT.unreachable,
    fix: 'Try again: a supervisor that is ending, or may open no more files (ulimit -n), takes no call. See its log; kill -TERM its pid stops it without the control socket.',
  },
  BUSY: { exit: EXIT.busy, fix: 'Try again when what is under way has ended.' },
  BAD_REQUEST: { exit: EXIT.usage, fix: 'See docs/CONTROL.md' },
  LOG_FILE: {
    exit: EXIT.config,
    fix: 'Name another that this user can write: --log-file, --access-log, or out_file in an ecosystem file.',
  },
  CANNOT_LOAD: { exit: EXIT.failure, fix: 'Mend what is named above, or install kf-cluster anew.' },
  SYSTEM: { exit: EXIT.failure, fix: 'Mend what the system names above, then try again.' },
  INTERNAL: { exit: EXIT.failure, fix: 'This is a defect of kf-cluster: please report it with this text.' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code of the table: what happened, why, and how to fix it. */
export class KfError extends Error {
  override readonly name = 'KfError';
  readonly code: ErrorCode;
  readonly why: string;
  readonly fix: string;
  readonly exitCode: number;

  constructor(code: ErrorCode, what: string, why: string, options: { fix?: string; cause?: unknown } = {}) {
    super(what, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.why = why;
    this.fix = options.fix ?? ERRORS[code].fix;
    this.exitCode = ERRORS[code].exit;
  }

  /** The text for stderr; three lines, no stack. */
  render(): string {
    return `error ${this.code}: ${this.message}\n  why: ${this.why}\n  fix: ${this.fix}\n`;
  }
}

/** By name: the command line's bundles have a class each. */
function isKfError(error: unknown): error is KfError {
  return error instanceof Error && error.name === 'KfError';
}

/**
 * Any thrown value as a KfError. What the system refused is SYSTEM; what else we did not foresee becomes INTERNAL and keeps
 * its stack as the reason.
 */
export function toKfError(error: unknown): KfError {
  if (isKfError(error)) return error;
  if (isSystemError(error)) {
    if (error.syscall === 'uv_cwd') {
      const fix = 'Change to a directory that exists and run it again; `cd "$PWD"`, where it was made anew.';
      return new KfError('SYSTEM', 'the working directory is gone', error.message, { cause: error, fix });
    }
    const fix = systemFix(error.code);
    return new KfError('SYSTEM', 'the system refused a call', error.message, { cause: error, ...(fix && { fix }) });
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new KfError('INTERNAL', 'unexpected failure', text, { cause: error });
}
