import type { Config } from '../config/types.js';
import type { LogLine } from '../contract/control-protocol.js';
import type { OutputState } from '../contract/output-state.js';
import type { StdoutElsewhere } from '../contract/stdout-elsewhere.js';
import type { Answer } from '../core/types.js';
import type { Supervisor } from '../supervisor/supervisor.js';

/** The last lines of all output, for `kf-cluster logs`. */
export interface LogTail {
  lines(): readonly LogLine[];
  /** A follower did not read so many, and they were dropped. */
  miss(lines: number, bytes: number): void;
  /** Calls back for each new line, until what it returns is called. */
  follow(callback: (line: LogLine) => void): () => void;
}

/** Where the supervisor's own log and the output of its workers go. */
interface ControlledOutput {
  readonly ring: LogTail;
  state(): OutputState;
  /** Opens the log file anew and returns its path; undefined when there is none. @throws KfError LOG_FILE */
  reopen(): string | undefined;
  /** Undefined: stdout of the workers is in the ring, or goes where nobody of us reads it. */
  readonly stdoutElsewhere?: StdoutElsewhere | undefined;
  /** The files that another process writes for this one, opened anew by it; undefined when there are none. */
  readonly reopenElsewhere?: (() => Promise<string | undefined>) | undefined;
}

/** Reloads a supervisor from the files as they are now. */
export interface Reloader {
  /** @throws KfError for a configuration or hooks that cannot be used; nothing has been forked then. */
  reload(): Promise<Answer>;
  /** Settles when the reload that reads its configuration has done so, or cannot use it; undefined when none does. */
  reading(): Promise<unknown> | undefined;
  /** The configuration that a reload would use. Throws as `reload`. */
  preview(): Promise<Config>;
}

/** What the control socket and the health port may do with a supervisor. */
export interface ControlContext {
  readonly supervisor: Supervisor;
  readonly reloader: Reloader;
  readonly output: ControlledOutput;
  /** When the supervisor started, on the clock of `performance.now()`. */
  readonly startedAt: number;
}
