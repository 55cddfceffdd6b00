import type { Writable } from 'node:stream';
import { bytesWaiting } from '../node-internals/write-queue.js';

/** A reader that takes nothing for that long holds up no exit, in milliseconds; one that is slow is waited for. */
const PATIENCE = 900;

/**
 * Settles when what this process has written to stdout and stderr has left it. Into a pipe Node writes at once only what fits;
 * the rest waits in memory, and an exit would take it along.
 */
export async function outputWritten(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(written));
}

/** Settles too when it cannot be written any more. */
function written(stream: Writable): Promise<void> | undefined {
  if (bytesWaiting(stream) === 0) return undefined;
  return new Promise((resolve) => {
    let left = bytesWaiting(stream);
    const look = () => {
      const now = bytesWaiting(stream);
      if (now === left) return done();
      left = now;
      timer = setTimeout(look, PATIENCE);
    };
    let timer = setTimeout(look, PATIENCE);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    stream.write('', done);
  });
}
