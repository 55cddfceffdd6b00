import { statSync } from 'node:fs';

/** Linux names the running program by this, whatever has become of its file. */
const SELF = '/proc/self/exe';
/** What Linux puts behind the name of a file that is gone. */
const DELETED = ' (deleted)';

/**
 * The Node that this process runs on, for the processes that it starts: by name, or by the program itself where another
 * version was put under that name, or none (apt, nvm). Elsewhere than on Linux always by name.
 */
export function nodeBinary(): string {
  if (process.platform !== 'linux') return process.execPath;
  const named = identityOf(process.execPath);
  const own = identityOf(SELF);
  return own === undefined || named === own ? process.execPath : SELF;
}

/** A worker whose binary is gone has no name of it: what the app starts by `process.execPath` would fail. */
export function mendExecPath(): void {
  if (process.execPath.endsWith(DELETED)) process.execPath = SELF;
}

function identityOf(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat && `${stat.dev}:${stat.ino}`;
  } catch {
    return undefined; // no /proc, or not ours to look at
  }
}
