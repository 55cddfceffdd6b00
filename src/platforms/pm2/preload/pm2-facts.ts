/** What pm2 says of the process it has started. */
export interface Pm2Facts {
  readonly name: string;
  readonly id: number;
  /** 0..n-1 among the processes of the app, by NODE_APP_INSTANCE or whatever `instance_var` calls it. */
  readonly slot: number;
  readonly restarts: number;
  /** Absolute. */
  readonly script: string;
  readonly cwd: string;
  /** From its signal to its SIGKILL, milliseconds. */
  readonly killTimeoutMs: number;
  /** It counts the process as online when that sends `ready`. */
  readonly waitReady: boolean;
  /** It stops the process by the message `shutdown`, which the app hears itself, and not by a signal. */
  readonly shutdownWithMessage: boolean;
  /** Where its wrapper will write stderr; until it does, nobody reads that stream. */
  readonly errorLog: string | undefined;
  /** The variables that its wrapper will put into the environment, just before the app. */
  readonly env: Readonly<Record<string, string>>;
}

/** pm2's own default of `kill_timeout`. */
const KILL_TIMEOUT = 1_600;

/** Reads the block of a cluster worker, or the environment of a fork. Undefined outside pm2. */
export function readFacts(environment: Readonly<Record<string, string | undefined>>): Pm2Facts | undefined {
  const block = environment.pm2_env;
  const said: Readonly<Record<string, unknown>> = block === undefined ? environment : JSON.parse(block);
  if (typeof said.pm_exec_path !== 'string' || said.pm_id === undefined) return undefined;
  const slot = Number(said[String(said.instance_var ?? 'NODE_APP_INSTANCE')] ?? said.pm_id);
  return {
    name: String(said.name ?? 'pm2'),
    id: Number(said.pm_id),
    slot: Number.isInteger(slot) ? slot : Number(said.pm_id),
    restarts: Number(said.restart_time ?? 0),
    script: said.pm_exec_path,
    cwd: String(said.pm_cwd ?? process.cwd()),
    killTimeoutMs: Number(said.kill_timeout) || KILL_TIMEOUT,
    waitReady: String(said.wait_ready) === 'true',
    shutdownWithMessage: String(said.shutdown_with_message) === 'true',
    errorLog: block === undefined ? undefined : errorLogIn(said),
    env: block === undefined ? {} : scalars(said),
  };
}

/** Undefined where there is to be none, by pm2's own words for that. */
function errorLogIn({ pm_err_log_path: path }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof path !== 'string' || path.includes('NULL') || path.includes('/dev/null') ? undefined : path;
}

/** As pm2 does: each key of its block becomes a variable, its own bookkeeping included. */
function scalars(said: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(said)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => [name, String(value)]),
  );
}
