import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Undefined where there is no HOME, and no entry for this user: a container that runs under some number. */
export function homeDir(env: Env): string | undefined {
  if (env.HOME) return env.HOME;
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/**
 * Where state is kept: XDG_STATE_HOME, if it is absolute as the specification wants it, or ~/.local/state. Without a home the
 * private folder of this user in the temporary directory, which may not outlive a container.
 */
export function stateDir(env: Env): string {
  const given = env.XDG_STATE_HOME;
  if (given && isAbsolute(given)) return given;
  const home = homeDir(env);
  return home === undefined
    ? join(tmpdir(), `kf-cluster-${process.getuid?.()}`, 'state')
    : join(home, '.local', 'state');
}
