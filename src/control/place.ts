import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { distrustOfPrivate } from '../trusted-dir.js';

/** The longest path a unix socket can have, with its final zero, on the strictest of our platforms. */
const LONGEST_PATH = 103;

/** The directory of this user's control sockets, whether it exists or not. */
export function controlDir(env: NodeJS.ProcessEnv = process.env): string {
  const runtime = env.XDG_RUNTIME_DIR;
  return runtime?.startsWith('/') ? join(runtime, 'kf-cluster') : join(tmpdir(), `kf-cluster-${process.getuid?.()}`);
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
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return distrustOfPrivate(dir)?.why;
  } catch (error) {
    return (error as Error).message;
  }
}
