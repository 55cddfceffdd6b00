import { Writable } from 'node:stream';
import { openStdStream } from '../run/std-stream.js';

/**
 * Our stdout for lines of `dev`. To a terminal Node writes with calls that block, and one that was stopped (Ctrl-S) would stop
 * the supervisor with it: there a bounded amount waits, and the rest is dropped and counted.
 */
export function devOutput(): NodeJS.WritableStream {
  if (!process.stdout.isTTY) return process.stdout;
  const terminal = openStdStream(1, {
    gap: (lines) => `${lines} lines are missing here: nobody read them\n`,
    timer: (delay, callback) => {
      const timer = setTimeout(callback, delay).unref();
      return () => clearTimeout(timer);
    },
  });
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      terminal.write(chunk);
      done();
    },
  });
}
