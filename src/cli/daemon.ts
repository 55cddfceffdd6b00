import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '../config/types.js';
import { KfError } from '../errors.js';
import { print } from './output.js';

/** How much of a failed start is shown, in bytes. */
const SHOWN = 16_384;

/**
 * `kf-cluster start --daemon`: starts the same command detached and waits until all its workers are ready. Resolves to
 * 0 then, and to the exit code of a start that failed, with what it wrote.
 */
export async function startDaemon(config: Config): Promise<number> {
  const file = config.logFile ?? defaultLogFile(config.name);
  const fd = openLog(file);
  const { size } = fstatSync(fd);
  // Our own lines and those of the workers are written by the primary, which can rotate; what Node itself says is not.
  const primary = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...argsFor(file)], {
    detached: true,
    stdio: ['ignore', fd, fd, 'ipc'],
  });
  closeSync(fd);
  const code = await readiness(primary);
  if (code !== undefined) {
    process.stderr.write(readFileSync(file).subarray(size).subarray(-SHOWN));
    return code;
  }
  await print(`${config.name} started, pid ${primary.pid}, log ${file}\n`);
  return 0;
}

/** The command line as it came, in the foreground and with that log file; of a flag given twice the last one counts. */
function argsFor(file: string): string[] {
  const args = process.argv.slice(2);
  const end = args.indexOf('--');
  const at = end === -1 ? args.length : end;
  return [...args.slice(0, at), '--no-daemon', `--log-file=${file}`, ...args.slice(at)];
}

/** Undefined when all workers are ready; the exit code of a primary that ended before. */
function readiness(primary: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    primary.once('error', reject);
    primary.once('exit', (code) => resolve(code ?? 1));
    primary.on('message', (message) => {
      if (message !== 'ready') return;
      primary.disconnect();
      primary.unref();
      resolve(undefined);
    });
  });
}

function defaultLogFile(name: string): string {
  const state = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  return join(state, 'kf-cluster', `${name.replaceAll(/[^\w.@+-]/g, '_')}.log`);
}

function openLog(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return openSync(file, 'a', 0o640);
  } catch (error) {
    throw new KfError('LOG_FILE', `cannot write the log file ${file}`, (error as Error).message, { cause: error });
  }
}
