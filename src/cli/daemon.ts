import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config/types.js';
import { KfError } from '../contract/errors.js';
import { streamOf } from '../run/log-output.js';
import { isStarterMessage, STARTER } from '../run/starter.js';
import { distrustOfState, stateDir } from '../system/home.js';
import { cannotWrite, mayPass, openForLog } from '../system/log-file.js';
import { makeDirs } from '../system/make-dirs.js';
import { controlOff } from './control-off.js';
import { print } from './print.js';

/** How much of a failed start is shown, in bytes. */
const SHOWN = 16_384;

/** After how long a start that waits says what for, in milliseconds. */
const SAID_AFTER = 5_000;

const SERVERLESS = 'A job or queue consumer has no server: --ready settled';
const WAITS_FOR: Record<Config['ready'], string> = {
  auto: `when it listens, or without a server when --boot-timeout is over. ${SERVERLESS}`,
  listening: `when it listens. ${SERVERLESS}`,
  message: "when it calls process.send('ready')",
  settled: 'when it listens, or has run for 3 s without a server',
  started: 'when its hooks and its main module have run',
};

/** A log file as it was found. */
interface OpenLog {
  readonly file: string;
  readonly fd: number;
  /** Bytes that stood in it before. */
  readonly size: number;
  readonly regular: boolean;
}

/**
 * `kf-cluster start --daemon`: starts the same command detached and waits until all its workers are ready. Resolves to
 * 0 then, and to the exit code of a start that failed, with what it wrote, or could not write.
 */
export async function startDaemon(config: Config): Promise<number> {
  const file = config.logFile ?? defaultLogFile(config.name);
  const log = openLog(file, { makesFolder: config.logFile === undefined });
  const stream = streamOf(file);
  // Our own lines and those of the workers are written by the primary, which can rotate; what Node itself says is not.
  const own = stream === undefined ? (log?.fd ?? 'ignore') : stream === 1 ? process.stdout : process.stderr;
  const stdio: StdioOptions = ['ignore', own, own, 'ipc'];
  const primary = spawn(
    process.execPath,
    [...process.execArgv, process.argv[1] ?? '', ...inForeground([`--log-file=${file}`])],
    {
      detached: true,
      env: { ...process.env, ...STARTER },
      stdio,
    },
  );
  if (log) closeSync(log.fd);
  const reported = listen(primary);
  const said = sayThatItWaits(`${config.name} is not ready yet. It will be ready ${WAITS_FOR[config.ready]}`);
  const code = await readiness(primary);
  said.stop();
  if (code !== undefined) {
    const written = log ? writtenTo(log) : '';
    process.stderr.write(written + reported.filter((text) => !written.includes(text)).join(''));
    return code;
  }
  process.stderr.write(reported.join(''));
  if (config.control) process.stderr.write((await controlOff(config.name, primary.pid)) ?? '');
  await print(`${config.name} started, pid ${primary.pid}, log ${file}\n`);
  return 0;
}

/** Of whoever waits for a start: a terminal that shows nothing looks like one that hangs. */
export function sayThatItWaits(text: string): { stop(): void } {
  const timer = setTimeout(() => process.stderr.write(`${text}\n`), SAID_AFTER).unref();
  return { stop: () => clearTimeout(timer) };
}

/** The command line as it came, in the foreground and with these flags; of a flag given twice the last one counts. */
export function inForeground(flags: readonly string[]): string[] {
  const args = process.argv.slice(2);
  const end = args.indexOf('--');
  const at = end === -1 ? args.length : end;
  return [...args.slice(0, at), '--no-daemon', ...flags, ...args.slice(at)];
}

/** What was written to a log since it was opened, the last of it. */
export function writtenTo({ file, regular, size }: OpenLog): string {
  return regular ? readFileSync(file).subarray(size).subarray(-SHOWN).toString() : '';
}

/** What it says while its log file takes nothing. */
function listen(primary: ChildProcess): readonly string[] {
  const reported: string[] = [];
  primary.on('message', (message) => {
    if (isStarterMessage(message)) reported.push(message['kf-cluster-start']);
  });
  return reported;
}

/** Undefined when all workers are ready; the exit code of a primary that ended before. */
function readiness(primary: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    primary.once('error', reject);
    let ended: number | undefined;
    primary.once('exit', (code) => {
      ended = code ?? 1;
      if (!primary.connected) resolve(ended);
    });
    // What it has said last is read after its exit.
    primary.once('disconnect', () => void (ended !== undefined && resolve(ended)));
    primary.on('message', (message) => {
      if (message !== 'ready') return;
      primary.disconnect();
      primary.unref();
      resolve(undefined);
    });
  });
}

/**
 * Two names that differ do not share a file.
 *
 * @throws KfError LOG_FILE, where another user could put a link in its place
 */
export function defaultLogFile(name: string): string {
  const distrust = distrustOfState(process.env);
  if (distrust) throw new KfError('LOG_FILE', 'there is no place for the log file', distrust.why);
  const plain = name.replaceAll(/[^\w.@+-]/g, '_');
  const apart = plain === name ? name : `${plain}~${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
  return join(stateDir(process.env), 'kf-cluster', `${apart}.log`);
}

/**
 * Undefined when it cannot be opened now: the supervisor says so, and tries again.
 *
 * @throws KfError LOG_FILE
 */
export function openLog(file: string, { makesFolder = true } = {}): OpenLog | undefined {
  if (streamOf(file) !== undefined) return undefined;
  try {
    if (makesFolder) makeDirs(dirname(file), 0o700); // one that was named may be a slip: it is refused, as in the foreground
    const fd = openForLog(file);
    const stat = fstatSync(fd);
    return { file, fd, size: stat.size, regular: stat.isFile() };
  } catch (error) {
    if (mayPass(error)) return undefined;
    throw cannotWrite(file, error);
  }
}
