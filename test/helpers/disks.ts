import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Runs what follows it as it is, but for the disk. */
export type Wrapper = readonly string[];

/** A directory with so little room that it is full soon: a file system of its own, in a mount namespace of its own. */
export function smallDisk(dir: string, kilobytes: number): Wrapper {
  mkdirSync(dir, { mode: 0o700 });
  const own = inNamespace(`mount -t tmpfs -o size=${kilobytes}k,mode=700 tmpfs ${dir}`);
  // Where nothing can be mounted the kernel refuses all the same, with EFBIG in place of ENOSPC.
  return own ?? smallFiles(kilobytes);
}

/** No file may grow beyond that. */
export function smallFiles(kilobytes: number): Wrapper {
  return ['sh', '-c', `ulimit -f ${kilobytes * 2} && exec "$0" "$@"`];
}

/** A directory that can be read, but not written. */
export function readOnly(dir: string): Wrapper {
  mkdirSync(dir, { mode: 0o700 });
  const own = inNamespace(`mount --bind ${dir} ${dir} && mount -o remount,bind,ro ${dir}`);
  if (!own) chmodSync(dir, 0o500); // holds for everybody but root, who can mount
  return own ?? [];
}

/** Undefined where this user may not mount. */
function inNamespace(mounts: string): Wrapper | undefined {
  for (const flags of ['-m', '-rm']) {
    const probe = spawnSync('unshare', [flags, 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()], { stdio: 'ignore' });
    if (probe.status === 0) return ['unshare', flags, 'sh', '-c', `${mounts} && exec "$0" "$@"`];
  }
  return undefined;
}
