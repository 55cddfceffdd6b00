import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { codeOf, messageOf } from '../contract/system-error.js';
import { makeDirs } from '../system/make-dirs.js';
import { distrustOfPrivate } from '../system/trusted-dir.js';

/** The longest path a unix socket can have, with its final zero, on the strictest of our platforms. */
const LONGEST_PATH = 103;
/** The shortest name of a socket that any supervisor can have: a hash. */
const HASHED = `~${'0'.repeat(16)}.sock`;

/** Where the control sockets of this user are. */
interface ControlPlace {
  /** Undefined when there is no place for a socket. It may not exist yet. */
  readonly dir: string | undefined;
  /** Why not where it was to be. */
  readonly why: string | undefined;
}

/**
 * The first of these that is there, or can be made: XDG_RUNTIME_DIR, the temporary directory, /dev/shm. A supervisor and its
 * callers come to the same one, for what they look at is what stays: what is there, the length of its path, the right to write.
 */
export function controlPlace(env: NodeJS.ProcessEnv = process.env): ControlPlace {
  const runtime = env.XDG_RUNTIME_DIR;
  const own = `kf-cluster-${process.getuid?.()}`;
  const dirs = [join(tmpdir(), own), join('/dev/shm', own)];
  if (runtime?.startsWith('/')) dirs.unshift(join(runtime, 'kf-cluster'));
  const problems: string[] = [];
  for (const dir of dirs) {
    const problem = whyNoPlace(dir);
    if (problem === undefined) return { dir, why: problems.length > 0 ? problems.join('; ') : undefined };
    problems.push(problem);
  }
  return { dir: undefined, why: problems.join('; ') };
}

function whyNoPlace(dir: string): string | undefined {
  if (Buffer.byteLength(join(dir, HASHED)) > LONGEST_PATH) return `${dir} is too long for the path of a socket`;
  try {
    if (lstatSync(dir, { throwIfNoEntry: false })) return undefined; // whose it is, is judged by who uses it
    let above = dirname(dir);
    while (!statSync(above, { throwIfNoEntry: false })) above = dirname(above);
    accessSync(above, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `${dir} cannot be made (${codeOf(error)})`;
  }
}

/** The socket of a supervisor. A name that is long or not fit for a file is replaced by its hash. */
export function socketPath(dir: string, name: string): string {
  const plain = join(dir, `${name}.sock`);
  if (/^[\w@+-][\w.@+-]*$/.test(name) && Buffer.byteLength(plain) <= LONGEST_PATH) return plain;
  // node:crypto takes a megabyte, which only a primary with such a name has to pay.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return join(dir, `~${createHash('sha256').update(name).digest('hex').slice(0, 16)}.sock`);
}

/**
 * Makes the directory, or proves that it is nobody else's. Returns why it cannot be used: in the shared temporary
 * directory anybody could have made it before us.
 */
export function prepareDir(dir: string): string | undefined {
  try {
    makeDirs(dir, 0o700);
    return distrustOfPrivate(dir)?.why;
  } catch (error) {
    return messageOf(error);
  }
}
