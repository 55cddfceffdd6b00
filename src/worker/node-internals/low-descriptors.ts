import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { standIn } from './stand-in.js';

/** Stdin, stdout and stderr. */
const LAST = 2;

/**
 * What is patched: `close` and `closeSync` of node:fs, for descriptors 0 to 2. Why: code that was written for a daemon closes them, and
 * the kernel gives the lowest free number to whatever comes next: a client's connection, or a segment of the spool. `console.log`
 * writes to the number 1 as before, and so into an answer; and libuv, which never closes these numbers, keeps the client's connection
 * for ever. In place of what was closed `/dev/null` is opened, when the code that closed it ends or awaits: who opens a file right after, to
 * have it as stdout, still gets its number. In the primary too, where files with hooks are loaded. Which Node versions: all. Contract: test/worker/low-descriptors.test.ts.
 */
export function keepLowDescriptors(): void {
  const { closeSync, close, openSync } = fs;
  const fill = () => {
    try {
      let fd = 0;
      while (fd <= LAST) fd = openSync('/dev/null', 'r+');
      closeSync(fd);
    } catch {
      // There is no /dev/null here, or nothing more can be opened: then it is as Node leaves it.
    }
  };
  const closeNow = (self: unknown, args: readonly unknown[]) => {
    Reflect.apply(closeSync, self, args);
    // Ahead of what goes on behind an await, which a tick is not.
    if (isLow(args[0])) queueMicrotask(fill);
  };
  const closeSoon = (self: unknown, args: readonly unknown[]) => {
    if (!isLow(args[0])) return Reflect.apply(close, self, args);
    const done = args[1] ?? rethrow;
    if (typeof done !== 'function') return Reflect.apply(close, self, args); // Node's own error
    let error: unknown = null;
    try {
      // In this turn: by a thread it would be free before anybody here knows of it.
      closeNow(self, [args[0]]);
    } catch (refusal) {
      error = refusal;
    }
    process.nextTick(done, error);
  };
  Object.assign(fs, { closeSync: standIn(closeSync, closeNow), close: standIn(close, closeSoon) });
  syncBuiltinESMExports();
}

const isLow = (fd: unknown) => typeof fd === 'number' && fd >= 0 && fd <= LAST;

/** What Node does without a callback. */
function rethrow(error: unknown): void {
  if (error !== null) throw error;
}
