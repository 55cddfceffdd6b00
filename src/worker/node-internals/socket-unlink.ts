import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { secondName } from '../../contract/socket-path.js';
import { standIn } from './stand-in.js';

/**
 * What is patched: `unlink` and `rm` of node:fs, in all their forms. Why: apps remove the path of their unix socket before
 * they listen on it, and after they have closed; in a cluster it is the path of all workers. Each returns as if it had
 * removed a socket that the primary holds, and does the usual with anything else. Which Node versions: all.
 * Contract: test/process/unix-socket.test.ts.
 */
export function keepSocketPaths(primaryPid: number): void {
  const isKept = (path: unknown) => process.ppid === primaryPid && isOfPrimary(path, primaryPid);
  for (const [name, atOnce] of [
    ['unlink', 'unlinkSync'],
    ['rm', 'rmSync'],
  ] as const) {
    const [sync, original, promised] = [fs[atOnce], fs[name], fs.promises[name]];
    const remove = (self: unknown, args: readonly unknown[]) => {
      if (!isKept(args[0])) Reflect.apply(sync, self, args);
    };
    Object.assign(fs, { [atOnce]: standIn(sync, remove) });
    Object.assign(fs, {
      [name]: standIn(original, (self, args) => {
        const done = args.at(-1);
        if (typeof done !== 'function' || !mayBeSocket(args[0])) return Reflect.apply(original, self, args);
        let error: unknown = null;
        try {
          remove(self, args.slice(0, -1));
        } catch (refusal) {
          error = refusal;
        }
        process.nextTick(done, error);
      }),
    });
    Object.assign(fs.promises, {
      [name]: standIn(promised, async (self, args) =>
        mayBeSocket(args[0]) ? remove(self, args) : Reflect.apply(promised, self, args),
      ),
    });
  }
  syncBuiltinESMExports();
}

/**
 * Nothing is there, or a socket. It is removed in this turn then: a removal that a thread makes a moment later would meet the
 * socket that the primary has bound there meanwhile for another worker, and that no name leads to any more.
 */
function mayBeSocket(given: unknown): boolean {
  const path = absoluteOf(given);
  if (path === undefined) return false;
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? true;
  } catch {
    return false; // the removal itself gives the error
  }
}

function absoluteOf(given: unknown): string | undefined {
  const path = given instanceof URL && given.protocol === 'file:' ? fileURLToPath(given) : given;
  return typeof path !== 'string' || path.includes('\0') ? undefined : resolve(path);
}

function isOfPrimary(given: unknown, primaryPid: number): boolean {
  const absolute = absoluteOf(given);
  if (absolute === undefined) return false;
  const second = fs.lstatSync(secondName(absolute, primaryPid), { throwIfNoEntry: false });
  if (!second?.isSocket()) return false;
  const first = fs.lstatSync(absolute, { throwIfNoEntry: false });
  return first !== undefined && first.ino === second.ino && first.dev === second.dev;
}
