import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { programWords } from '../../contract/program-words.js';

/** From SIGINT, which pm2 sends, to SIGTERM for those who pay no heed to it, in milliseconds. */
const PATIENCE = 1_000;

/** Becomes the program when it is asked to, and nothing when its worker is gone before that. */
const PROGRAM = 'read -r _ <&3 || exit 1; exec 3<&-; exec "$@"';
/** Ends the process group of the program when its worker is gone, whatever has ended that. */
const GUARD = 'read -r _; kill -s KILL -- "-$1" 2>/dev/null';

/**
 * The worker of a program that Node does not run: starts it, passes a stop on, and ends with its code. The program has a
 * process group of its own, which does not outlive the worker.
 *
 * @param words the program and its arguments
 */
export function runProgram([command = '', ...args]: readonly string[]): void {
  const program = spawn('/bin/sh', ['-c', PROGRAM, 'sh', command, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    detached: true,
  });
  program.once('error', (error) => {
    process.stderr.write(`${command} could not be started: ${error.message}\n`);
    process.exit(127);
  });
  const { pid } = program;
  if (pid === undefined) return; // 'error' is emitted
  const guard = spawn('/bin/sh', ['-c', GUARD, 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', (error) => process.stderr.write(`nothing guards ${command}: ${error.message}\n`));
  const go = program.stdio[3] as Writable;
  for (const pipe of [guard.stdin, go]) pipe.on('error', () => undefined); // that process has ended, which is heard of by itself
  go.end('go\n'); // only now is there somebody to end it
  const signalAll = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch (error) {
      const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
      if (!isGone) throw error; // it has ended meanwhile
    }
  };
  process.on('SIGTERM', () => {
    signalAll('SIGINT');
    setTimeout(signalAll, PATIENCE, 'SIGTERM');
  });
  program.once('exit', (code, signal) => {
    signalAll('SIGKILL'); // what it has started and left
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
}

runProgram(programWords(process.argv.slice(2)));
