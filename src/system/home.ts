import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type Distrust, distrustOfPath } from './trusted-dir.js';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Undefined where there is no HOME, and no entry for this user (a container that runs under some number), or where it is not
 * there and this user cannot make it: that of `nobody` is /nonexistent by design.
 */
export function homeDir(env: Env): string | undefined {
  const home = env.HOME || homeOfSystem();
  return home !== undefined && canBeThere(home) ? home : undefined;
}

function homeOfSystem(): string | undefined {
  try {
    return os().homedir();
  } catch {
    return undefined;
  }
}

function canBeThere(home: string): boolean {
  if (existsSync(home)) return true;
  let above = dirname(home);
  while (!existsSync(above) && above !== dirname(above)) above = dirname(above);
  try {
    accessSync(above, constants.W_OK);
    return statSync(above).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Why nothing is to be written below `stateDir`: the folder in the temporary directory is one that somebody else has made there.
 * A home is the user's own affair.
 */
export function distrustOfState(env: Env): Distrust | undefined {
  const dir = stateDir(env);
  return dir === temporaryState() ? distrustOfPath(dir) : undefined;
}

/**
 * Where state is kept: XDG_STATE_HOME, if it is absolute as the specification wants it, or ~/.local/state. Without a home the
 * private folder of this user in the temporary directory, which may not outlive a container.
 */
export function stateDir(env: Env): string {
  const given = env.XDG_STATE_HOME;
  if (given && isAbsolute(given)) return given;
  const home = homeDir(env);
  return home === undefined ? temporaryState() : join(home, '.local', 'state');
}

function temporaryState(): string {
  return join(os().tmpdir(), `kf-cluster-${process.getuid?.()}`, 'state');
}

/** Most have a HOME, and a worker that starts does not wait for the module. */
function os(): typeof import('node:os') {
  return process.getBuiltinModule('node:os');
}
