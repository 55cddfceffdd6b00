import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { secondName } from '../../contract/socket-path.js';
import { messageOf } from '../../contract/system-error.js';
import { standIn } from './stand-in.js';

/**
 * What is patched: `unlink` and `rm` of node:fs, in all their forms. Why: apps remove the path of their unix socket before
 * they listen on it, and after they have closed; in a cluster it is the path of all workers. Each returns as if it had
 * removed a socket that the primary holds, and does the usual with anything else. Which Node versions: all.
 * Contract: test/process/unix-socket.test.ts.
 */
export function keepSocketPaths(primaryPid: number): void {
  for (const [name, atOnce] of [
    ['unlink', 'unlinkSync'],
    ['rm', 'rmSync'],
  ] as const) {
    const [sync, original, promised] = [fs[atOnce], fs[name], fs.promises[name]];
    const remove = (self: unknown, args: readonly unknown[]) => {
      const there = process.ppid === primaryPid ? lookAt(args[0]) : 'else';
      if (there === 'nothing') return removeNothing(sync, self, args);
      if (there === 'socket' && isOfPrimary(args[0], primaryPid)) return undefined;
      return Reflect.apply(sync, self, args);
    };
    Object.assign(fs, { [atOnce]: standIn(sync, remove) });
    Object.assign(fs, {
      [name]: standIn(original, (self, args) => {
        const done = args.at(-1);
        if (typeof done !== 'function' || lookAt(args[0]) === 'else') return Reflect.apply(original, self, args);
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
        lookAt(args[0]) === 'else' ? Reflect.apply(promised, self, args) : remove(self, args),
      ),
    });
  }
  syncBuiltinESMExports();
}

/**
 * What a path leads to. Nothing and a socket are dealt with in this turn: a removal that a thread makes a moment later would
 * meet the socket that the primary has bound there meanwhile for another worker, and that no name leads to any more.
 */
function lookAt(given: unknown): 'nothing' | 'socket' | 'else' {
  const path = absoluteOf(given);
  if (path === undefined) return 'else';
  try {
    const there = fs.lstatSync(path, { throwIfNoEntry: false });
    if (!there) return 'nothing';
    return there.isSocket() ? 'socket' : 'else';
  } catch {
    return 'else'; // the removal itself gives the error
  }
}

/**
 * Does what a removal does where nothing is, without touching the path: between the look and a removal the primary may bind
 * its socket there. A name beside it that does not exist gives the same error.
 */
function removeNothing(
  sync: typeof fs.unlinkSync | typeof fs.rmSync,
  self: unknown,
  args: readonly unknown[],
): unknown {
  const [given, ...rest] = args;
  const path = absoluteOf(given) ?? '';
  const beside = join(dirname(path), `.kf-cluster-nothing-${process.pid}`);
  try {
    return Reflect.apply(sync, self, [beside, ...rest]);
  } catch (error) {
    if (error instanceof Error && 'path' in error && error.path === beside) {
      const name = given instanceof URL ? path : given;
      throw Object.assign(error, { path: name, message: messageOf(error).replace(beside, String(name)) });
    }
    throw error;
  }
}

function absoluteOf(given: unknown): string | undefined {
  const path = given instanceof URL && given.protocol === 'file:' ? fileURLToPath(given) : given;
  return typeof path !== 'string' || path.includes('\0') ? undefined : resolve(path);
}

/** The order counts: the second name is there before the socket is, first as an empty file (see supervisor/socket-paths.ts). */
function isOfPrimary(given: unknown, primaryPid: number): boolean {
  const absolute = absoluteOf(given);
  if (absolute === undefined) return false;
  const first = fs.lstatSync(absolute, { throwIfNoEntry: false });
  const second = fs.lstatSync(secondName(absolute, primaryPid), { throwIfNoEntry: false });
  if (!first || !second) return false;
  return second.isFile() || (first.ino === second.ino && first.dev === second.dev);
}
