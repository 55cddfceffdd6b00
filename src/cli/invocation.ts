import { statSync } from 'node:fs';
import type { LoadInput } from '../config/load-options.js';
import { wantsColor } from '../contract/color.js';
import { givenFlags } from './flags.js';

/** One call of the CLI, as its commands see it. */
export type Invocation = LoadInput;

export function invocationOf(argv: Readonly<Record<string, unknown>>): Invocation {
  const { '--': after, script } = argv;
  let cwd: string | undefined;
  return {
    script: typeof script === 'string' ? script : undefined,
    args: Array.isArray(after) ? after.map(String) : [],
    flags: givenFlags(argv),
    environment: process.env,
    // Looked up by the first who needs it: what runs can be stopped too from a directory that is gone. Once, for a reload reads this
    // again, and by then the name may lead to another release.
    get cwd() {
      cwd ??= logicalCwd(process.env.PWD, process.cwd());
      return cwd;
    },
    color: wantsColor(process.stderr, process.env),
  };
}

/**
 * The working directory as the shell names it. Where that is a `current` symlink, a reload can follow it; what the
 * system calls the working directory is the release that it pointed to at the start. Where it cannot be looked at, as
 * another user's home below sudo, it is what the system calls it.
 */
export function logicalCwd(shell: string | undefined, cwd: string): string {
  if (!shell?.startsWith('/')) return cwd;
  try {
    const [named, real] = [statSync(shell, { throwIfNoEntry: false }), statSync(cwd)];
    return named?.ino === real.ino && named.dev === real.dev ? shell : cwd;
  } catch {
    return cwd; // whoever uses it says what is wrong with it
  }
}
