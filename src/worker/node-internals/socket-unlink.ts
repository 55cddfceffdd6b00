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
  for (const name of ['unlinkSync', 'rmSync'] as const) {
    const original = fs[name];
    Object.assign(fs, {
      [name]: standIn(original, (self, args) => (isKept(args[0]) ? undefined : Reflect.apply(original, self, args))),
    });
  }
  for (const name of ['unlink', 'rm'] as const) {
    const original = fs[name];
    Object.assign(fs, {
      [name]: standIn(original, (self, args) => {
        const done = args.at(-1);
        if (typeof done !== 'function' || !isKept(args[0])) return Reflect.apply(original, self, args);
        process.nextTick(done, null);
      }),
    });
    const promised = fs.promises[name];
    Object.assign(fs.promises, {
      [name]: standIn(promised, async (self, args) =>
        isKept(args[0]) ? undefined : Reflect.apply(promised, self, args),
      ),
    });
  }
  syncBuiltinESMExports();
}

function isOfPrimary(given: unknown, primaryPid: number): boolean {
  const path = given instanceof URL && given.protocol === 'file:' ? fileURLToPath(given) : given;
  if (typeof path !== 'string' || path.includes('\0')) return false;
  const absolute = resolve(path);
  const second = fs.lstatSync(secondName(absolute, primaryPid), { throwIfNoEntry: false });
  if (!second?.isSocket()) return false;
  const first = fs.lstatSync(absolute, { throwIfNoEntry: false });
  return first !== undefined && first.ino === second.ino && first.dev === second.dev;
}
